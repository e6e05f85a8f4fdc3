import type { BodyWatcher, ByteStream, Bytes, WatchedBody } from "../../../src/runtime/runtime.ts";
import { createWatchedReads } from "../web/watched-reads.ts";
import { sourceOf, toBody } from "./body.ts";
import type { Sink, Source } from "./source.ts";

/**
 * Watches a body where its bytes pass anyway, between its source and its consumer: no stream in between, and no promise
 * for a chunk that is piped on.
 *
 * The end is told before the consumer can see it.
 */
export function watchBody(body: ByteStream, watcher: BodyWatcher): WatchedBody {
  const source = sourceOf(body);
  const reads = createWatchedReads((take, fail) => () => void source.read().then(take, fail), watcher);
  let stream: ByteStream | undefined;
  let consumer: Sink | undefined;
  let paused = false;

  /** Pipes what comes after the reads. */
  function pipe(sink: Sink): void {
    const failure = reads.failure();
    if (failure !== undefined) sink.fail(failure.error);
    else if (reads.hasEnded()) sink.end();
    else {
      consumer = sink;
      if (!paused) watcher.waiting();
      source.pipe(watchedSink(sink), paused);
    }
  }

  function watchedSink(sink: Sink): Sink {
    return {
      write(chunk) {
        watcher.chunk(chunk);
        // The watcher may have cut the body on seeing this chunk.
        if (reads.hasEnded()) return false;
        paused = !sink.write(chunk);
        if (!paused && !reads.hasEnded()) watcher.waiting();
        return !paused;
      },
      end() {
        if (reads.end({ type: "done" })) sink.end();
      },
      fail(error) {
        if (reads.end({ type: "failed", error })) sink.fail(error);
      },
    };
  }

  /** What was put back, then the rest. */
  function createRest(): Source {
    let pending: Promise<Bytes | undefined> | undefined;
    let cancelled = false;

    function takeHead(): Bytes | undefined {
      const head = reads.takeUnread();
      pending = head?.pending ?? pending;
      return head === undefined || head.bytes.byteLength === 0 ? undefined : head.bytes;
    }

    function takePending(): Promise<Bytes | undefined> | undefined {
      const taken = pending;
      pending = undefined;
      return taken;
    }

    async function pipePending(asked: Promise<Bytes | undefined>, sink: Sink): Promise<void> {
      try {
        const chunk = await asked;
        if (cancelled) return;
        if (chunk !== undefined) paused = !sink.write(chunk);
      } catch {
        // The end that follows says so.
      }
      if (!cancelled) pipe(sink);
    }

    return {
      read: () => {
        const head = takeHead();
        return head === undefined ? (takePending() ?? reads.read()) : Promise.resolve(head);
      },
      pipe(sink, isPaused = false) {
        paused = isPaused;
        const head = takeHead();
        if (head !== undefined) paused = !sink.write(head) || paused;
        const asked = takePending();
        if (asked === undefined) pipe(sink);
        else void pipePending(asked, sink);
      },
      resume() {
        paused = false;
        if (consumer === undefined || reads.hasEnded()) return;
        watcher.waiting();
        source.resume();
      },
      cancel(reason) {
        cancelled = true;
        reads.takeUnread();
        if (reads.end({ type: "cancelled" })) source.cancel(reason);
      },
    };
  }

  return {
    read: reads.read,
    unread: reads.unread,
    stream() {
      stream ??= toBody(createRest());
      return stream;
    },
    cut(error) {
      if (!reads.end({ type: "failed", error })) return;
      source.cancel(error);
      if (!reads.breakOff(error)) consumer?.fail(error);
    },
  };
}
