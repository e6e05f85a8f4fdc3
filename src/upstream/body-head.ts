/** Reading a body's beginning without losing a byte of it. */

import type { ByteStream, Bytes } from "../runtime.ts";
import type { Budget } from "./budget.ts";

/** What was read of a body, and the way to the rest. */
export interface Head {
  readonly bytes: Bytes;
  /** Whether that is all. */
  readonly whole: boolean;
  /** Whether the body broke while it was read. */
  readonly failed: boolean;
  readonly rest: ReadableStreamDefaultReader<Bytes>;
  /** Gives the kept bytes back to the budget; only the first call counts. */
  release(): void;
}

/**
 * Reads until the body ends, breaks, or `limit` bytes are there (the chunk that passes it is kept too), or the
 * budget gives no more.
 */
export async function readHead(body: ByteStream, limit: number, budget: Budget): Promise<Head> {
  const rest = body.getReader();
  const chunks: Bytes[] = [];
  let size = 0;
  let reserved = 0;
  const head = (state: { whole: boolean; failed: boolean }): Head => ({
    bytes: concat(chunks, size),
    ...state,
    rest,
    release() {
      budget.release(reserved);
      reserved = 0;
    },
  });
  try {
    while (size < limit) {
      const { done, value } = await rest.read();
      if (done) return head({ whole: true, failed: false });
      chunks.push(value);
      size += value.byteLength;
      if (!budget.reserve(value.byteLength)) break;
      reserved += value.byteLength;
    }
    return head({ whole: false, failed: false });
  } catch {
    // Why it broke is the watcher's to tell.
    return head({ whole: false, failed: true });
  }
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
export function prepend({ bytes, rest, release }: Head): ByteStream {
  let first = true;
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        if (first) {
          first = false;
          release();
          if (bytes.byteLength > 0) return controller.enqueue(bytes);
        }
        const { done, value } = await rest.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel(reason) {
        release();
        return rest.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
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
