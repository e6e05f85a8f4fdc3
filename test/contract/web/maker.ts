/** What the rows are run on: how one program makes the web objects that its adapter hands the core. */

import type { ByteStream, Bytes, HeaderPair, Runtime } from "../../../src/runtime/runtime.ts";

export interface Maker extends Pick<Runtime, "createResponse" | "createAbortController" | "watchBody"> {
  headersFrom(pairs: readonly HeaderPair[]): Headers;
  requestFrom(parts: RequestParts): Arrived;
  /** A body whose chunks are made as its consumer asks for them. */
  bodyFrom(chunks: Iterable<Bytes>): ByteStream;
  bodyByHand(): Hand;
  /** The fields that a server would send with `response`. */
  sentFields(response: Response): readonly HeaderPair[];
}

export interface RequestParts {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: readonly HeaderPair[];
  /** @default without a body */
  readonly body?: Bytes;
}

/** A request, and the function that makes its client leave. */
export interface Arrived {
  readonly request: Request;
  leave(reason: unknown): void;
}

/** A body that is fed by hand. */
export interface Hand {
  readonly body: ByteStream;
  push(chunk: Bytes): void;
  end(): void;
  /** Breaks it: the consumer gets the chunks that came, then `error`. */
  fail(error: unknown): void;
  /** How often its producer was asked for bytes. */
  asked(): number;
  /** The reasons for which its producer was cancelled. */
  readonly cancelled: unknown[];
}

/** A sentence about behaviour, and what shows that it holds: throws or rejects where it does not. */
export type Rows = Readonly<Record<string, (maker: Maker) => void | Promise<void>>>;

/** Rows that do not hold for a maker, with the reason. */
export type Differences = Readonly<Record<string, string>>;

export const bytes = (text: string): Bytes => new TextEncoder().encode(text);

export const text = (chunk: Uint8Array | undefined): string | undefined =>
  chunk === undefined ? undefined : new TextDecoder().decode(chunk);

/** A small answer's head. */
export const OK = { status: 200, statusText: "", headers: [] } as const;

/** A promise that nobody has to await. */
export function unawaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** Reads to the end. */
export async function readAll(reader: ReadableStreamDefaultReader<Bytes>): Promise<string> {
  let all = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return all;
    all += text(value);
  }
}
