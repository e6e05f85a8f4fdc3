import type { Bytes } from "../../../src/runtime/runtime.ts";

/** Bytes kept for a consumer that does not take them yet; past it the producer is told to wait. */
const HIGH_WATER = 65_536;

/** What takes a body's bytes as they come. */
export interface Sink {
  /** Takes a chunk; false: no more before {@link Source.resume}. */
  write(chunk: Bytes): boolean;
  end(): void;
  fail(error: unknown): void;
}

/** A body as its one consumer sees it: read chunk by chunk, then perhaps piped from there to its end. */
export interface Source {
  /** The next chunk, or undefined at the end; rejects where it breaks. One at a time. */
  read(): Promise<Bytes | undefined>;
  /** Gives `sink` the buffered bytes, then each chunk as it comes. `paused`: not before {@link resume}. */
  pipe(sink: Sink, paused?: boolean): void;
  /** The sink takes more. */
  resume(): void;
  /** The rest is not wanted. */
  cancel(reason: unknown): void;
}

/** A body as its producer sees it. */
export interface Feed extends Source {
  /** Takes a chunk; false when the producer has to wait until it is resumed. */
  push(chunk: Bytes): boolean;
  /** The body is whole. */
  done(): void;
  /** The body is cut: the consumer gets what came, then `error`. */
  fail(error: unknown): void;
  /** Ends it at once with `error`, whatever is kept. */
  drop(error: unknown): void;
}

export interface Producer {
  /** The consumer asks for the first time. */
  start?(): void;
  /** There is room again after a {@link Feed.push} that was false. */
  resume(): void;
  /** The rest is not wanted. */
  cancel(reason: unknown): void;
}

type End = { readonly type: "done" } | { readonly type: "failed"; readonly error: unknown };

interface Waiter {
  resolve(chunk: Bytes | undefined): void;
  reject(error: unknown): void;
}

/** A queue between a producer that pushes and a consumer that reads, or to which it is piped without a promise. */
export function createSource(producer: Producer): Feed {
  const queue: Bytes[] = [];
  let size = 0;
  let full = false;
  let sink: Sink | undefined;
  let paused = false;
  let waiter: Waiter | undefined;
  let end: End | undefined;
  /** The end was seen, or is not waited for. */
  let over = false;
  let started = false;

  function start(): void {
    if (started) return;
    started = true;
    producer.start?.();
  }

  function take(): Bytes | undefined {
    const chunk = queue.shift();
    if (chunk !== undefined) size -= chunk.byteLength;
    return chunk;
  }

  /** There may be room again. */
  function refill(): void {
    if (!full || size >= HIGH_WATER / 2) return;
    full = false;
    if (!over && end === undefined) producer.resume();
  }

  function flow(): void {
    while (sink !== undefined && !paused && !over) {
      const chunk = take();
      if (chunk === undefined) break;
      paused = !sink.write(chunk);
    }
    refill();
    finish();
  }

  function finish(): void {
    if (over || end === undefined || queue.length > 0 || (sink === undefined && waiter === undefined)) return;
    over = true;
    if (end.type === "done") {
      waiter?.resolve(undefined);
      sink?.end();
    } else {
      waiter?.reject(end.error);
      sink?.fail(end.error);
    }
  }

  function settle(how: End): void {
    if (over || end !== undefined) return;
    end = how;
    finish();
  }

  return {
    push(chunk) {
      if (over || end !== undefined) return true;
      if (waiter !== undefined) {
        const { resolve } = waiter;
        waiter = undefined;
        resolve(chunk);
        return true;
      }
      if (sink !== undefined && !paused) {
        paused = !sink.write(chunk);
        return true;
      }
      queue.push(chunk);
      size += chunk.byteLength;
      full = size >= HIGH_WATER;
      return !full;
    },
    done: () => settle({ type: "done" }),
    fail: (error) => settle({ type: "failed", error }),
    drop(error) {
      if (over) return;
      queue.length = 0;
      size = 0;
      end = { type: "failed", error };
      finish();
    },
    read() {
      start();
      const chunk = take();
      if (chunk !== undefined) {
        refill();
        return Promise.resolve(chunk);
      }
      if (end?.type === "failed") return Promise.reject(end.error);
      if (end !== undefined || over) return Promise.resolve(undefined);
      return new Promise((resolve, reject) => {
        waiter = { resolve, reject };
      });
    },
    pipe(to, isPaused = false) {
      sink = to;
      paused = isPaused;
      start();
      flow();
    },
    resume() {
      paused = false;
      flow();
    },
    cancel(reason) {
      if (over) return;
      over = true;
      queue.length = 0;
      size = 0;
      waiter?.resolve(undefined);
      if (end === undefined) producer.cancel(reason);
    },
  };
}

/** A stream of the runtime's own as a source. Locks it. */
export function nativeSource(stream: ReadableStream<Bytes>): Source {
  const reader = stream.getReader();
  let sink: Sink | undefined;
  let paused = false;
  let reading = false;
  let over = false;

  async function read(): Promise<Bytes | undefined> {
    const { done, value } = await reader.read();
    return done ? undefined : value;
  }

  async function flow(to: Sink): Promise<void> {
    if (reading) return;
    reading = true;
    try {
      while (!paused && !over) {
        const chunk = await read();
        if (over) return;
        if (chunk === undefined) {
          over = true;
          to.end();
        } else paused = !to.write(chunk);
      }
    } catch (error) {
      if (over) return;
      over = true;
      to.fail(error);
    } finally {
      reading = false;
    }
  }

  return {
    read,
    pipe(to, isPaused = false) {
      sink = to;
      paused = isPaused;
      void flow(to);
    },
    resume() {
      paused = false;
      if (sink !== undefined) void flow(sink);
    },
    cancel(reason) {
      over = true;
      void reader.cancel(reason).catch(() => undefined);
    },
  };
}
