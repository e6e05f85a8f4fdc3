import type { BodyWatcher, ByteStream, Bytes, WatchedBody } from "../../src/runtime.ts";
import { type CreateAsk, createWatchedReads } from "./watched-reads.ts";

/** A read's result, in a form that fits every runtime's own type of it. */
interface Read {
  readonly done: boolean;
  readonly value?: Bytes | undefined;
}

/** How a body is read. */
export interface BodyReader {
  readonly createAsk: CreateAsk;
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
  { readerOf = defaultReader, beforeError }: WatchOptions = {},
): WatchedBody {
  const reader = readerOf(body);
  const reads = createWatchedReads(reader.createAsk, watcher);
  let stream: ByteStream | undefined;
  let fail: ((error: unknown) => void) | undefined;

  function createStream(): ByteStream {
    let own: ReadableStreamDefaultController<Bytes>;
    let pending: Promise<Bytes | undefined> | undefined;
    let isAsking = false;
    let isCancelled = false;

    function take(chunk: Bytes | undefined): void {
      isAsking = false;
      if (isCancelled) return;
      if (chunk === undefined) own.close();
      else own.enqueue(chunk);
    }

    fail = (error) => {
      isAsking = false;
      void giveUp(own, error);
    };
    const onFailure = fail;

    return new ReadableStream<Bytes>(
      {
        start(controller) {
          own = controller;
        },
        // Without a promise: the next pull comes with the next read, and not before the chunk that this one asked for.
        pull(controller) {
          if (isAsking) return;
          const head = reads.takeUnread();
          pending ??= head?.pending;
          if (head !== undefined && head.bytes.byteLength > 0) {
            controller.enqueue(head.bytes);
            return;
          }
          isAsking = true;
          if (pending === undefined) reads.next(take, onFailure);
          else pending.then(take, onFailure);
          pending = undefined;
        },
        cancel(reason) {
          isCancelled = true;
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

function defaultReader(body: ByteStream): BodyReader {
  const reader = body.getReader();
  return {
    createAsk(take, fail) {
      const onResult = ({ done, value }: Read): void => take(done ? undefined : value);
      return () => void reader.read().then(onResult, fail);
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

/** Cancels the source. A source that fails while it is cancelled is over all the same, and nobody is left to tell. */
function stop(reader: BodyReader, reason: unknown): Promise<void> {
  return reader.cancel(reason).catch(() => undefined);
}
