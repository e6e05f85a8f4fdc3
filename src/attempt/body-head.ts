/** Reading a body's beginning without losing a byte of it. */

import type { Budget } from "../base/budget.ts";
import type { ByteStream, Bytes, UnreadBytes, WatchedBody } from "../runtime/runtime.ts";

/** What was read of a body. Its `release` gives the kept bytes back to the budget; only the first call counts. */
export interface Head extends UnreadBytes {
  /** Whether that is all. */
  readonly whole: boolean;
  /** Whether the body broke while it was read. */
  readonly failed: boolean;
}

/** When a head is enough before it is as long as it may be. */
export interface HeadOptions {
  /** A head to read on from; it is not to be used any more. */
  readonly before?: Head | undefined;
  /** Asked after every chunk. */
  readonly isEnough?: () => boolean;
  /** The body's declared length: what has come whole is read to its end even where less was enough. */
  readonly length?: number | undefined;
  /**
   * Told before each chunk that is awaited how to end the reading then; that chunk stays the body's. Calling it later
   * does nothing.
   */
  readonly awaiting?: ((giveUp: () => void) => void) | undefined;
}

/**
 * Reads until the body ends, breaks, or `limit` bytes are there (the chunk that passes it is kept too), or the
 * budget gives no more, or it is enough.
 */
export async function readHead(
  body: WatchedBody,
  limit: number,
  budget: Budget,
  { before, isEnough, length, awaiting }: HeadOptions = {},
): Promise<Head> {
  if (before?.whole || before?.failed) return before;
  const chunks: Bytes[] = before === undefined ? [] : [before.bytes];
  let size = before?.bytes.byteLength ?? 0;
  let reserved = 0;
  let pending = before?.pending;
  const head = (whole: boolean, failed = false): Head => ({
    bytes: concat(chunks, size),
    whole,
    failed,
    pending,
    release() {
      before?.release();
      budget.release(reserved);
      reserved = 0;
    },
  });
  try {
    while (size < limit) {
      const asked = pending ?? body.read();
      const chunk = await (awaiting === undefined ? asked : unlessGivenUp(asked, awaiting));
      if (chunk === GAVE_UP) {
        // A later read sees it fail.
        asked.catch(() => {});
        pending = asked;
        break;
      }
      pending = undefined;
      if (chunk === undefined) return head(true);
      chunks.push(chunk);
      size += chunk.byteLength;
      if (!budget.reserve(chunk.byteLength)) break;
      reserved += chunk.byteLength;
      if (isEnough?.() && size !== length) break;
    }
    return head(false);
  } catch {
    // Why it broke is the watcher's to tell.
    return head(false, true);
  }
}

const GAVE_UP: unique symbol = Symbol("gave up");

/** A race of two, for fewer promises than `Promise.race`. */
function unlessGivenUp<T>(
  asked: Promise<T>,
  awaiting: (giveUp: () => void) => void,
): Promise<T | typeof GAVE_UP> {
  return new Promise((resolve, reject) => {
    awaiting(() => resolve(GAVE_UP));
    asked.then(resolve, reject);
  });
}

function concat(chunks: readonly Bytes[], size: number): Bytes {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** The whole body again: what was read, then the rest as it comes. */
export function prepend(body: WatchedBody, head: UnreadBytes): ByteStream {
  body.unread(head);
  return body.stream();
}

/** Bytes as a stream of chunks of at most `size`, made only as they are asked for. */
export function bytesStream(bytes: Bytes, size: number): ByteStream {
  let at = 0;
  return new ReadableStream<Bytes>(
    {
      pull(controller) {
        if (at >= bytes.byteLength) return controller.close();
        controller.enqueue(bytes.subarray(at, at + size));
        at += size;
      },
    },
    { highWaterMark: 0 },
  );
}
