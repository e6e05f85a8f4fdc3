import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ByteStream, Bytes } from "../../src/runtime.ts";
import { createPatience } from "./patience.ts";

/** Statuses whose answers have no body (RFC 9110 §6.4.1, and 205 by the Fetch standard). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);
/** An answer that is whole before its head has left is sent in one piece, if it is no larger than this. */
const ONE_PIECE = 65_536;

export interface AnswerOptions {
  readonly writeTimeout: number;
  /** The client takes nothing: called before the connection is destroyed. */
  readonly onStuck: () => void;
}

/**
 * Writes `answer` to the client: head at the latest in this turn of the event loop, chunks as they come, reading the
 * body no faster than the client takes it. A body that fails, or has other than content-length bytes, is cut so that
 * no client can take it for whole. Returns a function to call when the client leaves: it cancels the body.
 */
export function writeAnswer(
  response: ServerResponse,
  answer: Response,
  options: AnswerOptions,
): (reason: unknown) => void {
  const body = answer.body as ByteStream | null;
  if (response.req.method === "HEAD" || BODILESS.has(answer.status) || body === null) {
    void body?.cancel().catch(() => undefined);
    writeHead(response, answer, body === null ? 0 : undefined);
    response.end();
    return () => undefined;
  }
  return writeBody(response, answer, body, options);
}

function writeBody(
  response: ServerResponse,
  answer: Response,
  body: ByteStream,
  { writeTimeout, onStuck }: AnswerOptions,
): (reason: unknown) => void {
  const reader = body.getReader();
  const declared = lengthOf(answer);
  const patience = createPatience(response, writeTimeout, onStuck);
  let early: Bytes[] | undefined = [];
  let written = 0;
  let over = false;

  function sendHead(length?: number): void {
    if (early === undefined) return;
    const chunks = early;
    early = undefined;
    try {
      writeHead(response, answer, length);
    } catch (error) {
      fail(error);
      return;
    }
    for (const chunk of chunks) response.write(chunk);
    if (chunks.length === 0) response.flushHeaders();
  }

  function next(): void {
    reader.read().then(onRead, cut);
  }

  function onRead({ done, value }: ReadableStreamReadResult<Bytes>): void {
    if (over) return;
    if (done) finish();
    else if (isTooLong(value)) cut(new Error("longer than content-length"));
    else if (pass(value)) next();
    else awaitDrain();
  }

  function isTooLong(chunk: Bytes): boolean {
    written += chunk.byteLength;
    return declared !== undefined && written > declared;
  }

  /** Whether the client takes more. */
  function pass(chunk: Bytes): boolean {
    if (early === undefined) {
      if (chunk.byteLength > 0) response.write(chunk);
    } else {
      early.push(chunk);
      if (written > ONE_PIECE) sendHead();
    }
    return !response.writableNeedDrain;
  }

  function awaitDrain(): void {
    patience.start();
    response.once("drain", onDrain);
  }

  function onDrain(): void {
    patience.stop();
    if (!over) next();
  }

  /** The head can't be written: a field with bytes that HTTP does not allow. */
  function fail(error: unknown): void {
    over = true;
    void reader.cancel(error).catch(() => undefined);
    writeBareError(response);
  }

  function finish(): void {
    if (declared !== undefined && written < declared) {
      cut(new Error("shorter than content-length"));
      return;
    }
    over = true;
    sendHead(written);
    if (response.writableEnded) return;
    response.end();
    if (!response.writableFinished) patience.start();
  }

  function cut(error: unknown): void {
    if (over) return;
    over = true;
    void reader.cancel(error).catch(() => undefined);
    sendHead();
    if (response.writableEnded) return;
    if (response.socket !== null && !response.writableFinished) patience.start();
    cutConnection(response, declared);
  }

  next();
  setImmediate(() => {
    if (!over) sendHead();
  });

  return (reason) => {
    patience.stop();
    if (over) return;
    over = true;
    void reader.cancel(reason).catch(() => undefined);
  };
}

/** The declared length of the body; undefined when there is none or it is no number. */
function lengthOf(answer: Response): number | undefined {
  const length = answer.headers.get("content-length");
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
}

/** `length` is that of a body that is whole already. */
function writeHead(response: ServerResponse, answer: Response, length: number | undefined): void {
  const { status, statusText, headers } = answer;
  const fields: string[] = [];
  for (const [name, value] of headers) fields.push(name, value);
  if (length !== undefined && mayAddLength(response, answer)) fields.push("content-length", String(length));
  if (statusText === "") response.writeHead(status, fields);
  else response.writeHead(status, statusText, fields);
}

/** A 204 has no content-length, and that of a 304 or an answer to HEAD would be another answer's (RFC 9110 §8.6). */
function mayAddLength(response: ServerResponse, { status, headers }: Response): boolean {
  if (status === 204 || status === 304 || response.req.method === "HEAD") return false;
  return !headers.has("content-length");
}

/** The answer when the handler, or the writing of its answer's head, has thrown. */
export function writeBareError(response: ServerResponse): void {
  response.shouldKeepAlive = false;
  response.writeHead(500, ["content-length", "0"]);
  response.end();
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
