import type { ByteStream, Bytes } from "../../../src/runtime/runtime.ts";

/** Larger bodies are written in pieces of this size, so that "sent" means that the connection has taken them. */
const PIECE = 65_536;

/** A request's body as undici takes it. */
export interface Upload {
  readonly body: Buffer | AsyncIterable<Bytes> | Iterable<Bytes> | null;
  /** Whether it is written piece by piece, so that an answer may come before its last piece is read. */
  readonly isLarge: boolean;
  /** What content-length has to say where undici can't know. */
  readonly length: number | undefined;
  /** Gives up what was not sent. */
  cancel(reason: unknown): void;
  /** Leaves a stream of which nothing was read as it was, for another to send. */
  leave(): void;
}

export function createUpload(body: Bytes | ByteStream | null, streamLength: number | undefined): Upload {
  if (body === null) return { body: null, isLarge: false, length: undefined, cancel() {}, leave() {} };
  if (body instanceof Uint8Array) return uploadBytes(body);
  const reader = body.getReader();
  const cancel = (reason: unknown): void => void reader.cancel(reason).catch(() => undefined);
  return {
    body: { [Symbol.asyncIterator]: () => iterate(reader, cancel) },
    isLarge: true,
    length: streamLength,
    cancel,
    leave: () => reader.releaseLock(),
  };
}

function uploadBytes(bytes: Bytes): Upload {
  const { buffer, byteOffset, byteLength } = bytes;
  const whole = Buffer.from(buffer, byteOffset, byteLength);
  const isLarge = byteLength > PIECE;
  const body = isLarge ? pieces(whole) : whole;
  return { body, isLarge, length: isLarge ? byteLength : undefined, cancel() {}, leave() {} };
}

function* pieces(whole: Buffer<ArrayBuffer>): Generator<Bytes, undefined> {
  for (let at = 0; at < whole.byteLength; at += PIECE) yield whole.subarray(at, at + PIECE);
}

function iterate(
  reader: ReadableStreamDefaultReader<Bytes>,
  cancel: (reason: unknown) => void,
): AsyncIterator<Bytes, undefined> {
  return {
    async next() {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    async return() {
      cancel(new DOMException("The rest of the body is not needed.", "AbortError"));
      return { done: true, value: undefined };
    },
  };
}
