import type { BodyWatcher, ByteStream, Bytes, WatchedBody } from "../../src/runtime.ts";
import { createWatchedReads } from "./watched-reads.ts";

/** A read's result, in a form that fits every runtime's own type of it. */
type Read =
  | { readonly done: false; readonly value: Bytes }
  | { readonly done: true; readonly value?: Bytes | undefined };

/** How a body is read. */
export interface BodyReader {
  read(): Promise<Read>;
  cancel(reason: unknown): Promise<void>;
}

export interface WatchOptions {
  /** How `body` is read; locks it. @default by its default reader */
  readonly readerOf?: (body: ByteStream) => BodyReader;
  /** What the consumer needs to have done with earlier chunks before it sees an error. */
  readonly beforeError?: () => Promise<void>;
}

/**
 * Wraps a body once in a stream that is only read when its consumer asks (highWaterMark 0), and tells `watcher` of
 * every wait, every chunk and exactly one end. Locks `body`.
 *
 * The end is told before the consumer can see it. A cancel or a cut may meet a read that is still pending: whatever
 * that read brings afterwards is dropped.
 */
export function watchBody(
  body: ByteStream,
  watcher: BodyWatcher,
  { readerOf = (stream) => stream.getReader(), beforeError }: WatchOptions = {},
): WatchedBody {
  const reader = readerOf(body);
  const reads = createWatchedReads((take, fail) => {
    reader.read().then(({ done, value }) => take(done ? undefined : value), fail);
  }, watcher);
  let stream: ByteStream | undefined;
  let fail: ((error: unknown) => void) | undefined;

  function createStream(): ByteStream {
    let cancelled = false;
    let pending: Promise<Bytes | undefined> | undefined;
    return new ReadableStream<Bytes>(
      {
        start(controller) {
          fail = (error) => void giveUp(controller, error);
        },
        pull(controller) {
          const head = reads.takeUnread();
          pending ??= head?.pending;
          if (head !== undefined && head.bytes.byteLength > 0) return controller.enqueue(head.bytes);
          const asked = pending ?? reads.read();
          pending = undefined;
          return asked.then(
            (chunk) => {
              if (cancelled) return;
              if (chunk === undefined) controller.close();
              else controller.enqueue(chunk);
            },
            (error: unknown) => giveUp(controller, error),
          );
        },
        cancel(reason) {
          cancelled = true;
          reads.takeUnread();
          return reads.end({ type: "cancelled" }) ? stop(reader, reason) : undefined;
        },
      },
      { highWaterMark: 0 },
    );
  }

  async function giveUp(controller: ReadableStreamDefaultController<Bytes>, error: unknown): Promise<void> {
    if (beforeError !== undefined) await beforeError();
    controller.error(error);
  }

  return {
    read: reads.read,
    unread: reads.unread,
    stream() {
      stream ??= createStream();
      return stream;
    },
    cut(error) {
      if (!reads.end({ type: "failed", error })) return;
      // What was put back comes first.
      if (!reads.breakOff(error) && !reads.hasUnread()) fail?.(error);
      void stop(reader, error);
    },
  };
}

/** Cancels the source. A source that fails while it is cancelled is over all the same, and nobody is left to tell. */
function stop(reader: BodyReader, reason: unknown): Promise<void> {
  return reader.cancel(reason).catch(() => undefined);
}
