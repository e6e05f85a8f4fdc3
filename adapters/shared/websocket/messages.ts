import type { Bytes } from "../../../src/runtime/runtime.ts";
import {
  type Close,
  INVALID_TEXT,
  isSendable,
  NO_CODE,
  PROTOCOL_ERROR,
  parseClose,
  TOO_BIG,
} from "./close.ts";
import { createFrameReader, type FrameHead, type FrameReader, OPCODE } from "./frames.ts";

/** A whole message: text is a string. */
export type Message = string | Bytes;

/** Largest message that is put together (bytes). */
export const MAX_MESSAGE = 64 * 1024 * 1024;

/** Largest payload of a close, ping or pong (RFC 6455 §5.5). */
const MAX_CONTROL = 125;

export interface MessageListener {
  /** @param bytes of the payload */
  message(message: Message, bytes: number): void;
  close(close: Close): void;
  ping(payload: Bytes): void;
  /** It is not to be read on: what the peer is to be closed with. */
  broken(code: number, reason: string): void;
}

export interface MessageReader extends Pick<FrameReader, "push"> {
  /** Further input is ignored. */
  stop(): void;
}

/** Puts a server's frames together to messages. After a close, or what is broken, nothing more is told. */
export function createMessageReader(listener: MessageListener): MessageReader {
  /** Of the message that is being put together. */
  let parts: Uint8Array[] = [];
  let size = 0;
  let opcode: number | undefined;
  let frame: FrameHead | undefined;
  let control: Uint8Array[] = [];
  let isOver = false;

  function stop(): void {
    isOver = true;
    parts = [];
  }

  function fail(code: number, reason: string): void {
    stop();
    listener.broken(code, reason);
  }

  function problemOf(head: FrameHead): string | undefined {
    if (head.reserved) return "a frame of an extension that was not agreed on";
    if (head.mask !== undefined) return "a masked frame from a server";
    if (head.opcode >= OPCODE.close) {
      if (head.opcode > OPCODE.pong) return `a frame of unknown kind ${head.opcode}`;
      return head.fin && head.length <= MAX_CONTROL ? undefined : "a control frame in parts, or too long";
    }
    if (head.opcode > OPCODE.binary) return `a frame of unknown kind ${head.opcode}`;
    const goesOn = head.opcode === OPCODE.continuation;
    return goesOn === (opcode !== undefined) ? undefined : "a message inside another";
  }

  function endOfMessage(): void {
    const bytes = join(parts, size);
    const isText = opcode === OPCODE.text;
    parts = [];
    size = 0;
    opcode = undefined;
    const text = isText ? textOf(bytes) : undefined;
    if (isText && text === undefined) fail(INVALID_TEXT, "a text that is not UTF-8");
    else listener.message(text ?? bytes, bytes.byteLength);
  }

  function endOfControl(kind: number): void {
    const payload = join(control, undefined);
    if (kind === OPCODE.ping) listener.ping(payload);
    if (kind !== OPCODE.close) return;
    const close = closeOf(payload);
    if (close === undefined) fail(PROTOCOL_ERROR, "a close that is none");
    else {
      isOver = true;
      listener.close(close);
    }
  }

  const reader = createFrameReader({
    head(head) {
      if (isOver) return;
      frame = head;
      const problem = problemOf(head);
      if (problem !== undefined) return fail(PROTOCOL_ERROR, problem);
      control = [];
      if (head.opcode >= OPCODE.close) return;
      if (head.opcode !== OPCODE.continuation) opcode = head.opcode;
      size += head.length;
      if (size > MAX_MESSAGE) fail(TOO_BIG, `a message of more than ${MAX_MESSAGE} bytes`);
    },
    payload(bytes) {
      if (isOver || frame === undefined) return;
      (frame.opcode >= OPCODE.close ? control : parts).push(bytes);
    },
    end() {
      if (isOver || frame === undefined) return;
      if (frame.opcode >= OPCODE.close) endOfControl(frame.opcode);
      else if (frame.fin) endOfMessage();
    },
  });
  return { push: reader.push, stop };
}

function join(
  parts: readonly Uint8Array[],
  size = parts.reduce((sum, part) => sum + part.byteLength, 0),
): Bytes {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

function textOf(bytes: Bytes): string | undefined {
  try {
    // A byte order mark is a part of the text.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function closeOf(payload: Bytes): Close | undefined {
  if (payload.byteLength === 1) return undefined;
  try {
    const close = parseClose(payload);
    return close.code === NO_CODE || isSendable(close.code) ? close : undefined;
  } catch {
    return undefined;
  }
}
