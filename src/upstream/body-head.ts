/** Reading a body's beginning without losing a byte of it. */

import type { ByteStream, Bytes } from "../runtime.ts";
import type { Budget } from "./budget.ts";

type Pending = ReturnType<ReadableStreamDefaultReader<Bytes>["read"]>;

/** What was read of a body, and the way to the rest. */
export interface Head {
  readonly bytes: Bytes;
  /** Whether that is all. */
  readonly whole: boolean;
  /** Whether the body broke while it was read. */
  readonly failed: boolean;
  readonly rest: ReadableStreamDefaultReader<Bytes>;
  /** A chunk that was asked for and has not come yet: it follows {@link bytes}. */
  readonly pending: Pending | undefined;
  /** Gives the kept bytes back to the budget; only the first call counts. */
  release(): void;
}

/** When a head is enough before it is as long as it may be. */
export interface HeadOptions {
  /** Asked after every chunk. */
  readonly isEnough?: () => boolean;
  /** Ends the reading when it resolves. */
  readonly giveUp?: Promise<void>;
}

/**
 * Reads until the body ends, breaks, or `limit` bytes are there (the chunk that passes it is kept too), or the
 * budget gives no more, or it is enough.
 */
export function readHead(
  body: ByteStream,
  limit: number,
  budget: Budget,
  options: HeadOptions = {},
): Promise<Head> {
  return collect({ rest: body.getReader(), pending: undefined, before: undefined }, limit, budget, options);
}

/** Reads on where a head ended. The head is not to be used any more. */
export function readOn(head: Head, limit: number, budget: Budget): Promise<Head> {
  const { whole, failed, rest, pending } = head;
  if (whole || failed) return Promise.resolve(head);
  return collect({ rest, pending, before: head }, limit, budget, {});
}

async function collect(
  {
    rest,
    pending,
    before,
  }: Pick<Head, "rest" | "pending"> & { readonly before: Pick<Head, "bytes" | "release"> | undefined },
  limit: number,
  budget: Budget,
  { isEnough = () => false, giveUp }: HeadOptions,
): Promise<Head> {
  const chunks: Bytes[] = before === undefined ? [] : [before.bytes];
  let size = before?.bytes.byteLength ?? 0;
  let reserved = 0;
  let next = pending;
  const head = (state: { whole: boolean; failed: boolean }): Head => ({
    bytes: concat(chunks, size),
    ...state,
    rest,
    pending: next,
    release() {
      before?.release();
      budget.release(reserved);
      reserved = 0;
    },
  });
  try {
    while (size < limit) {
      const asked: Pending = next ?? rest.read();
      next = asked;
      const result = giveUp === undefined ? await asked : await Promise.race([asked, giveUp]);
      if (result === undefined) {
        // Whoever reads on sees it fail.
        asked.catch(() => {});
        break;
      }
      next = undefined;
      const { done, value } = result;
      if (done) return head({ whole: true, failed: false });
      chunks.push(value);
      size += value.byteLength;
      if (!budget.reserve(value.byteLength)) break;
      reserved += value.byteLength;
      if (isEnough()) break;
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
export function prepend({ bytes, rest, pending, release }: Head): ByteStream {
  let first = true;
  let next = pending;
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        if (first) {
          first = false;
          release();
          if (bytes.byteLength > 0) return controller.enqueue(bytes);
        }
        const { done, value } = await (next ?? rest.read());
        next = undefined;
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
