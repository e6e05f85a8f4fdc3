import type { ByteStream, Bytes } from "../../src/runtime.ts";

/** Bytes kept for a consumer that does not read yet; past it the upstream is told to wait. */
const HIGH_WATER = 65_536;

/** What an answer's bytes flow through, from undici to the consumer of the body. */
export interface Source {
  readonly stream: ByteStream;
  /** Takes a chunk; false when the upstream has to wait until `resume` is called. */
  push(chunk: Bytes): boolean;
  /** The body is whole. */
  done(): void;
  /** The body is cut: the consumer gets what came, then `error`. */
  fail(error: unknown): void;
  /** Ends it at once with `error`, whatever is kept. */
  drop(error: unknown): void;
}

/**
 * A queue of its own behind a stream that keeps nothing, because a stream that fails throws away what it holds, and a
 * cut body's bytes must still be delivered.
 */
export function createSource(resume: () => void, cancel: (reason: unknown) => void): Source {
  let controller: ReadableStreamDefaultController<Bytes>;
  const queue: Bytes[] = [];
  let size = 0;
  let full = false;
  let wanted = false;
  let over = false;
  let finish: (() => void) | undefined;

  function settle(how: () => void): void {
    if (over || finish !== undefined) return;
    finish = how;
    if (queue.length === 0) end();
  }

  function end(): void {
    if (over || finish === undefined) return;
    over = true;
    finish();
  }

  function give(chunk: Bytes): void {
    size -= chunk.byteLength;
    controller.enqueue(chunk);
    if (queue.length === 0) end();
    if (full && size < HIGH_WATER / 2) {
      full = false;
      resume();
    }
  }

  const stream = new ReadableStream<Bytes>(
    {
      start(own) {
        controller = own;
      },
      pull() {
        const chunk = queue.shift();
        if (chunk === undefined) wanted = true;
        else give(chunk);
      },
      cancel(reason) {
        over = true;
        queue.length = 0;
        cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );

  return {
    stream,
    push(chunk) {
      if (over) return true;
      if (wanted) {
        wanted = false;
        controller.enqueue(chunk);
        return true;
      }
      queue.push(chunk);
      size += chunk.byteLength;
      full = size >= HIGH_WATER;
      return !full;
    },
    done: () => settle(() => controller.close()),
    fail: (error) => settle(() => controller.error(error)),
    drop(error) {
      if (over) return;
      over = true;
      queue.length = 0;
      controller.error(error);
    },
  };
}
