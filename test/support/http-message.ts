/** What is kept of an HTTP/1.1 message: its head, its bytes, and when each piece of its body came. */

import { createHash } from "node:crypto";

export type Pair = readonly [name: string, value: string];

/** A part of a body: one HTTP chunk, or what one read brought of an unchunked body. */
export interface Piece {
  /** When its first byte arrived. */
  readonly at: number;
  readonly size: number;
}

export interface Message {
  readonly startLine: string;
  readonly headers: readonly Pair[];
  /** Start line and header fields, as they came. */
  readonly rawHead: string;
  readonly headAt: number;
  readonly framing: "none" | "length" | "chunked" | "close";
  readonly pieces: readonly Piece[];
  /** The body so far; empty when it is not kept. */
  readonly body: Buffer;
  readonly bodySize: number;
  /** SHA-256 of the body so far, in hex. */
  readonly hash: string;
  readonly trailers: readonly Pair[];
  readonly complete: boolean;
  /** When the body so far reached `size` bytes. */
  arrivedAt(size: number): number | undefined;
}

/** A message while it comes in. */
export interface MutableMessage extends Message {
  complete: boolean;
  readonly trailers: Pair[];
  begin(at: number): void;
  take(bytes: Buffer, at: number, ofChunk: boolean): void;
}

export function createMessage(
  startLine: string,
  headers: readonly Pair[],
  rawHead: string,
  headAt: number,
  framing: Message["framing"],
  keep: boolean,
): MutableMessage {
  const parts: Buffer[] = [];
  const pieces: { at: number; size: number }[] = [];
  const reads: { at: number; total: number }[] = [];
  const hash = createHash("sha256");
  let size = 0;
  return {
    startLine,
    headers,
    rawHead,
    headAt,
    framing,
    pieces,
    trailers: [],
    complete: false,
    get body() {
      return Buffer.concat(parts);
    },
    get bodySize() {
      return size;
    },
    get hash() {
      return hash.copy().digest("hex");
    },
    arrivedAt: (bytes) => reads.find(({ total }) => total >= bytes)?.at,
    begin(at) {
      pieces.push({ at, size: 0 });
    },
    take(bytes, at, ofChunk) {
      if (keep) parts.push(Buffer.from(bytes));
      hash.update(bytes);
      size += bytes.length;
      reads.push({ at, total: size });
      const last = pieces.at(-1);
      if (ofChunk && last !== undefined) last.size += bytes.length;
      else pieces.push({ at, size: bytes.length });
    },
  };
}
