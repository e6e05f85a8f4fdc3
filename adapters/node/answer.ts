import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ByteStream, Bytes } from "../../src/runtime/runtime.ts";
import { isBodiless } from "../shared/http/bodiless.ts";
import { sourceOf } from "../shared/light/body.ts";
import { LightResponse } from "../shared/light/response.ts";
import { type Head, headOf, writeHead } from "./answer-head.ts";
import { createPatience, type PatienceOptions } from "./patience.ts";

/** An answer that is whole before its head has left is sent in one piece, if it is no larger than this. */
const ONE_PIECE = 65_536;

/** A small body is written as text of its bytes: so it is one write with its head, and not two that are gathered. */
const ONE_STRING = 8_192;

/** Called when the client leaves: cancels the body. */
export type Leave = (reason: unknown) => void;

const NOTHING_LEFT: Leave = () => undefined;

/**
 * Writes `answer` to the client: head at the latest in this turn of the event loop, chunks as they come, reading the
 * body no faster than the client takes it. A body that fails, or has other than content-length bytes, is cut so that
 * no client can take it for whole.
 */
export function writeAnswer(response: ServerResponse, answer: Response, options: PatienceOptions): Leave {
  const head = headOf(answer);
  const body = answer instanceof LightResponse ? answer.payload() : (answer.body as ByteStream | null);
  if (response.req.method === "HEAD" || isBodiless(answer.status) || body === null) {
    if (body instanceof ReadableStream) void body.cancel().catch(() => undefined);
    writeHead(response, head, body === null ? 0 : undefined);
    response.end();
    return NOTHING_LEFT;
  }
  if (body instanceof Uint8Array && (head.length ?? body.byteLength) === body.byteLength) {
    return writeBytes(response, head, body, options);
  }
  return writeBody(response, head, answer.body as ByteStream, options);
}

function writeBytes(response: ServerResponse, head: Head, bytes: Bytes, options: PatienceOptions): Leave {
  const patience = createPatience(response, options);
  writeHead(response, head, bytes.byteLength);
  if (bytes.byteLength <= ONE_STRING) response.end(latin1Of(bytes), "latin1");
  else response.end(bytes);
  if (isWaitedFor(response)) patience.start();
  return patience.stop;
}

function latin1Of({ buffer, byteOffset, byteLength }: Bytes): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}

function writeBody(response: ServerResponse, head: Head, body: ByteStream, options: PatienceOptions): Leave {
  const source = sourceOf(body);
  const patience = createPatience(response, options);
  let early: Bytes[] | undefined = [];
  let written = 0;
  let over = false;

  function sendHead(length?: number): void {
    if (early === undefined) return;
    const chunks = early;
    early = undefined;
    try {
      writeHead(response, head, length);
    } catch (error) {
      fail(error);
      return;
    }
    for (const chunk of chunks) response.write(chunk);
    if (chunks.length === 0 && length === undefined) response.flushHeaders();
  }

  function write(chunk: Bytes): boolean {
    if (over) return false;
    written += chunk.byteLength;
    if (head.length !== undefined && written > head.length) {
      cut(new Error("longer than content-length"));
      return false;
    }
    pass(chunk);
    if (!response.writableNeedDrain) return true;
    patience.start();
    response.once("drain", onDrain);
    return false;
  }

  function pass(chunk: Bytes): void {
    if (early === undefined) {
      if (chunk.byteLength > 0) response.write(chunk);
      return;
    }
    early.push(chunk);
    if (written > ONE_PIECE) sendHead();
  }

  function onDrain(): void {
    patience.stop();
    if (!over) source.resume();
  }

  /** The head can't be written: a field with bytes that HTTP does not allow. */
  function fail(error: unknown): void {
    over = true;
    source.cancel(error);
    writeBareError(response, response.req.socket);
  }

  function finish(): void {
    if (over) return;
    if (head.length !== undefined && written < head.length) {
      cut(new Error("shorter than content-length"));
      return;
    }
    over = true;
    const last = early?.pop();
    sendHead(written);
    if (response.writableEnded) return;
    response.end(last);
    if (isWaitedFor(response)) patience.start();
  }

  function cut(error: unknown): void {
    if (over) return;
    over = true;
    source.cancel(error);
    sendHead();
    if (response.writableEnded) return;
    if (isWaitedFor(response)) patience.start();
    cutConnection(response, head.length);
  }

  source.pipe({ write, end: finish, fail: cut });
  if (!over) {
    setImmediate(() => {
      if (!over) sendHead();
    });
  }

  return (reason) => {
    patience.stop();
    if (over) return;
    over = true;
    source.cancel(reason);
  };
}

/** Whether the client has not taken all that was written. */
function isWaitedFor({ socket }: ServerResponse): boolean {
  return socket !== null && socket.writableLength > 0;
}

/**
 * Answers with an empty 500 when a handler, or the writing of its answer, has thrown; ends the connection where an
 * answer has begun or nothing can be written. Never throws.
 */
export function writeBareError(response: ServerResponse, connection: Socket | null): void {
  try {
    if (response.headersSent) throw new Error("The answer has begun.");
    response.shouldKeepAlive = false;
    // A failed head may have left its reason phrase behind.
    response.writeHead(500, "Internal Server Error", ["content-length", "0"]);
    response.end();
  } catch {
    connection?.destroy();
    response.destroy();
  }
}

/**
 * Ends a connection after what was written has left it. An answer that only the connection's end delimits (to
 * HTTP/1.0) would look whole after a FIN: there it is a reset.
 */
function cutConnection(response: ServerResponse, declared: number | undefined): void {
  const { socket } = response;
  if (socket === null) response.destroy();
  else if (declared !== undefined || response.chunkedEncoding) socket.destroySoon();
  else socket.write("", () => reset(socket));
}

function reset(socket: Socket): void {
  if ("encrypted" in socket) socket.destroy();
  else socket.resetAndDestroy();
}
