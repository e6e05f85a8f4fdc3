import type { BodyWatcher, ByteStream, Bytes, WatchedBody } from "../../../src/runtime/runtime.ts";
import type { CreateOutlet, Outlet } from "./outlet.ts";
import { pullOutlet } from "./pull-outlet.ts";
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
  /** How its bytes leave. @default by {@link pullOutlet} */
  readonly createOutlet?: CreateOutlet;
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
  { readerOf = defaultReader, createOutlet = (rest) => pullOutlet(rest) }: WatchOptions = {},
): WatchedBody {
  const reader = readerOf(body);
  const reads = createWatchedReads(reader.createAsk, watcher);
  let outlet: Outlet | undefined;

  function leave(reason: unknown): Promise<void> | undefined {
    reads.takeUnread();
    return reads.end({ type: "cancelled" }) ? stop(reader, reason) : undefined;
  }

  return {
    read: reads.read,
    unread: reads.unread,
    stream() {
      outlet ??= createOutlet({ next: reads.next, takeUnread: reads.takeUnread, leave });
      return outlet.stream;
    },
    cut(error) {
      if (!reads.end({ type: "failed", error })) return;
      // What was put back comes first.
      if (!reads.breakOff(error) && !reads.hasUnread()) outlet?.fail(error);
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

/** Cancels the source. A failure while it is cancelled is dropped: the source has ended, and no reader is left. */
function stop(reader: BodyReader, reason: unknown): Promise<void> {
  return reader.cancel(reason).catch(() => undefined);
}
