import type { BodyEnd, BodyWatcher, ByteStream, Bytes, WatchedBody } from "../../src/runtime.ts";

/** A read's result, in a form that fits every runtime's own type of it. */
type Read =
  | { readonly done: false; readonly value: Bytes }
  | { readonly done: true; readonly value?: Bytes | undefined };

/**
 * Wraps a body once in a stream that is only read when its consumer asks (highWaterMark 0), and tells `watcher` of
 * every wait, every chunk and exactly one end. Locks `body`.
 *
 * The end is told before the consumer can see it. A cancel or a cut may meet a read that is still pending: whatever
 * that read brings afterwards is dropped.
 *
 * @param beforeError what the consumer needs to have done with earlier chunks before it sees an error
 */
export function watchBody(
  body: ByteStream,
  watcher: BodyWatcher,
  beforeError?: () => Promise<void>,
): WatchedBody {
  const reader = body.getReader();
  let controller: ReadableStreamDefaultController<Bytes>;
  let ended = false;

  /** The first end counts; false for every later one. */
  function end(how: BodyEnd): boolean {
    if (ended) return false;
    ended = true;
    watcher.end(how);
    return true;
  }

  async function fail(error: unknown): Promise<void> {
    if (!end({ type: "failed", error })) return;
    if (beforeError !== undefined) await beforeError();
    controller.error(error);
  }

  function pass({ done, value }: Read): void {
    if (ended) return;
    if (!done) {
      watcher.chunk(value);
      // The watcher may have cut the body on seeing this chunk.
      if (!ended) controller.enqueue(value);
    } else if (end({ type: "done" })) {
      controller.close();
    }
  }

  const stream = new ReadableStream<Bytes>(
    {
      start(own) {
        controller = own;
      },
      pull() {
        watcher.waiting();
        return reader.read().then(pass, fail);
      },
      cancel(reason) {
        return end({ type: "cancelled" }) ? stop(reader, reason) : undefined;
      },
    },
    { highWaterMark: 0 },
  );

  return {
    stream,
    cut(error) {
      if (ended) return;
      void fail(error);
      void stop(reader, error);
    },
  };
}

/** Cancels the source. A source that fails while it is cancelled is over all the same, and nobody is left to tell. */
function stop(reader: ReadableStreamDefaultReader<Bytes>, reason: unknown): Promise<void> {
  return reader.cancel(reason).catch(() => undefined);
}
