/**
 * A strict HTTP/1.1 message parser for both directions (RFC 9112) that keeps what ordinary parsers throw away: the
 * bytes, when each piece arrived, and whether the body really ended.
 */

import { createMessage, type Message, type MutableMessage, type Pair } from "./http-message.ts";

/** The bytes are not HTTP/1.1 as RFC 9112 has it. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

export interface ParserOptions {
  /** Whether a message with this start line has no body whatever its header fields say. */
  readonly bodyless: (startLine: string) => boolean;
  /** How a message without content-length and transfer-encoding ends. */
  readonly unframed: "none" | "close";
  /** Whether to keep the body's bytes. @default true */
  readonly keep?: boolean;
}

export interface Parser {
  readonly message: Message | undefined;
  /** Takes bytes; returns those after the message's end, or undefined while it is not at its end. */
  push(data: Buffer, at: number): Buffer | undefined;
  /** The connection ended. Returns whether that completes the message. */
  finish(): boolean;
}

type State = "head" | "sized" | "chunk-size" | "chunk" | "chunk-end" | "trailers" | "close" | "done";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export function createParser({ bodyless, unframed, keep = true }: ParserOptions): Parser {
  let state: State = "head";
  let lines: Buffer = Buffer.alloc(0);
  let left = 0;
  let message: MutableMessage | undefined;

  function onHead(text: string, at: number): void {
    const [startLine = "", ...fields] = text.slice(0, -4).split("\r\n");
    const headers = fields.map(parseField);
    const [framing, length] = bodyless(startLine) ? (["none", 0] as const) : framingOf(headers, unframed);
    message = createMessage(startLine, headers, text, at, framing, keep);
    left = length;
    if (framing === "chunked") state = "chunk-size";
    else if (framing === "close") state = "close";
    else if (framing === "length" && length > 0) state = "sized";
    else complete();
  }

  function complete(): void {
    if (message !== undefined) message.complete = true;
    state = "done";
  }

  /** One line without its end, or undefined when it is not whole yet. */
  function takeLine(limit: number): string | undefined {
    const end = lines.indexOf("\r\n");
    if (end < 0) {
      if (lines.length > limit) throw new ProtocolError(`line without end: ${show(lines)}`);
      return undefined;
    }
    const line = lines.toString("latin1", 0, end);
    lines = lines.subarray(end + 2);
    return line;
  }

  /** Advances by one step; returns false when more bytes are needed. */
  function step(at: number): boolean {
    switch (state) {
      case "head": {
        const end = lines.indexOf("\r\n\r\n");
        if (end < 0) {
          const looksWrong = lines.length > 0 && !/^[A-Z!-~]/.test(lines.toString("latin1", 0, 1));
          if (looksWrong || lines.length > 1_048_576) throw new ProtocolError(`not a head: ${show(lines)}`);
          return false;
        }
        const text = lines.toString("latin1", 0, end + 4);
        lines = lines.subarray(end + 4);
        onHead(text, at);
        return true;
      }
      case "chunk-size": {
        const line = takeLine(64);
        if (line === undefined) return false;
        if (!/^[0-9a-fA-F]+(;.*)?$/.test(line))
          throw new ProtocolError(`not a chunk size: ${JSON.stringify(line)}`);
        left = Number.parseInt(line, 16);
        if (left > 0) message?.begin(at);
        state = left === 0 ? "trailers" : "chunk";
        return true;
      }
      case "chunk":
      case "sized":
      case "close": {
        if (lines.length === 0) return false;
        const taken = state === "close" ? lines : lines.subarray(0, left);
        lines = lines.subarray(taken.length);
        message?.take(taken, at, state === "chunk");
        left -= taken.length;
        if (state === "chunk" && left === 0) state = "chunk-end";
        else if (state === "sized" && left === 0) complete();
        return true;
      }
      case "chunk-end":
        if (lines.length < 2) return false;
        if (lines[0] !== 13 || lines[1] !== 10) throw new ProtocolError(`chunk without end: ${show(lines)}`);
        lines = lines.subarray(2);
        state = "chunk-size";
        return true;
      case "trailers": {
        const line = takeLine(8192);
        if (line === undefined) return false;
        if (line === "") complete();
        else message?.trailers.push(parseField(line));
        return true;
      }
      case "done":
        return false;
    }
  }

  return {
    get message() {
      return message;
    },
    push(data, at) {
      lines = lines.length === 0 ? data : Buffer.concat([lines, data]);
      while (step(at)) {}
      return state === "done" ? lines : undefined;
    },
    finish() {
      if (state === "close") complete();
      return state === "done";
    },
  };
}

function parseField(line: string): Pair {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  if (colon < 1 || !TOKEN.test(name)) throw new ProtocolError(`not a header field: ${JSON.stringify(line)}`);
  return [name, line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "")];
}

function framingOf(
  headers: readonly Pair[],
  unframed: "none" | "close",
): readonly [Message["framing"], number] {
  const codings = valuesOf(headers, "transfer-encoding");
  const lengths = valuesOf(headers, "content-length");
  if (codings.length > 0 && lengths.length > 0)
    throw new ProtocolError("content-length beside transfer-encoding");
  if (codings.length > 0) {
    if (codings.join().toLowerCase() !== "chunked")
      throw new ProtocolError(`transfer-encoding ${codings.join()}`);
    return ["chunked", 0];
  }
  const [length] = lengths;
  if (length === undefined) return [unframed, 0];
  if (lengths.length > 1 || !/^\d+$/.test(length))
    throw new ProtocolError(`content-length ${lengths.join()}`);
  return ["length", Number(length)];
}

/** Every value of a field, in order; names are compared without case. */
export function valuesOf(headers: readonly Pair[], name: string): string[] {
  return headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
}

function show(bytes: Buffer): string {
  return JSON.stringify(bytes.toString("latin1", 0, 80));
}
