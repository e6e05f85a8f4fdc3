import type { BodyEnd, BodyWatcher, ByteStream, Bytes, UnreadBytes, WatchedBody } from "../../src/runtime.ts";

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
  /** How `body` is read. Locks it. @default its default reader */
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
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  /** Breaks off the read that is awaited. */
  let breakOff: ((error: unknown) => void) | undefined;
  let unread: UnreadBytes | undefined;
  let stream: ByteStream | undefined;
  let fail: ((error: unknown) => void) | undefined;

  /** The first end counts; false for every later one. */
  function end(how: BodyEnd): boolean {
    if (ended) return false;
    ended = true;
    if (how.type === "failed") failure = how;
    watcher.end(how);
    return true;
  }

  function take({ done, value }: Read): Bytes | undefined {
    if (done) end({ type: "done" });
    else if (!ended) watcher.chunk(value);
    // The watcher may have cut the body on seeing this chunk.
    if (failure !== undefined) throw failure.error;
    return ended ? undefined : value;
  }

  function read(): Promise<Bytes | undefined> {
    if (failure !== undefined) return Promise.reject(failure.error);
    if (ended) return Promise.resolve(undefined);
    watcher.waiting();
    return new Promise((resolve, reject) => {
      breakOff = reject;
      reader.read().then(
        (result) => {
          breakOff = undefined;
          try {
            resolve(take(result));
          } catch (error) {
            reject(error);
          }
        },
        (error: unknown) => {
          breakOff = undefined;
          end({ type: "failed", error });
          reject(error);
        },
      );
    });
  }

  /** What was put back is asked for, or given up. */
  function takeUnread(): UnreadBytes | undefined {
    const taken = unread;
    unread = undefined;
    taken?.release();
    return taken;
  }

  function createStream(): ByteStream {
    let cancelled = false;
    let pending: UnreadBytes["pending"];
    return new ReadableStream<Bytes>(
      {
        start(controller) {
          fail = (error) => void giveUp(controller, error);
        },
        pull(controller) {
          const head = takeUnread();
          pending ??= head?.pending;
          if (head !== undefined && head.bytes.byteLength > 0) return controller.enqueue(head.bytes);
          const asked = pending ?? read();
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
          takeUnread();
          return end({ type: "cancelled" }) ? stop(reader, reason) : undefined;
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
    read,
    unread(head) {
      unread = head;
    },
    get stream() {
      stream ??= createStream();
      return stream;
    },
    cut(error) {
      if (!end({ type: "failed", error })) return;
      if (breakOff !== undefined) breakOff(error);
      // What was put back comes first.
      else if (unread === undefined) fail?.(error);
      void stop(reader, error);
    },
  };
}

/** Cancels the source. A source that fails while it is cancelled is over all the same, and nobody is left to tell. */
function stop(reader: BodyReader, reason: unknown): Promise<void> {
  return reader.cancel(reason).catch(() => undefined);
}
