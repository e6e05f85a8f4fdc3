import { Readable } from "node:stream";
import type { ByteStream, Bytes } from "../../../src/runtime/runtime.ts";
import { nativeSource, type Source } from "./source.ts";

const LOCKED = "The stream is locked.";

/**
 * A light `ReadableStream` over a {@link Source}: a native one costs more to make than a small request costs in all,
 * and a promise and two objects for each chunk. Code that knows it takes the source itself; others get a reader, and a
 * native stream for what only that can do.
 */
class LightBody {
  readonly #source: Source;
  #locked = false;
  #disturbed = false;
  #native: ByteStream | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  get locked(): boolean {
    return this.#native?.locked ?? this.#locked;
  }

  /** Whether something of it was read, or it was cancelled. */
  get disturbed(): boolean {
    return this.#disturbed || (this.#native !== undefined && isDisturbed(this.#native));
  }

  /** Locks it and hands out what is behind it. */
  take(): Source {
    if (this.locked) throw new TypeError(LOCKED);
    if (this.#native !== undefined) return nativeSource(this.#native);
    this.#locked = true;
    return this.#source;
  }

  getReader(options?: { readonly mode?: "byob" }): unknown {
    if (options?.mode !== undefined || this.#native !== undefined)
      return this.native().getReader(options as object);
    return new LightReader(this.take(), {
      disturb: () => {
        this.#disturbed = true;
      },
      unlock: (asked) => {
        this.#locked = false;
        if (asked !== undefined) this.#native = toNative(this.#source, asked);
      },
    });
  }

  async cancel(reason?: unknown): Promise<void> {
    if (this.#native !== undefined) return this.#native.cancel(reason);
    if (this.#locked) throw new TypeError(LOCKED);
    this.#disturbed = true;
    this.#source.cancel(reason);
  }

  pipeThrough(pair: ReadableWritablePair<unknown, Bytes>, options?: StreamPipeOptions): ReadableStream {
    return this.native().pipeThrough(pair, options);
  }

  async pipeTo(destination: WritableStream<Bytes>, options?: StreamPipeOptions): Promise<void> {
    return this.native().pipeTo(destination, options);
  }

  tee(): [ByteStream, ByteStream] {
    return this.native().tee();
  }

  values(options?: ReadableStreamIteratorOptions): ReadableStreamAsyncIterator<Bytes> {
    return this.native().values(options);
  }

  [Symbol.asyncIterator](options?: ReadableStreamIteratorOptions): ReadableStreamAsyncIterator<Bytes> {
    return this.native().values(options);
  }

  /** The same bytes as a native stream; the same one at every call. */
  native(): ByteStream {
    this.#native ??= toNative(this.take());
    return this.#native;
  }
}

Object.setPrototypeOf(LightBody.prototype, ReadableStream.prototype);

/** What a reader tells the body that it reads. */
interface Lock {
  disturb(): void;
  /** `asked`: a read of the source that is not over yet. */
  unlock(asked: Promise<Bytes | undefined> | undefined): void;
}

/** Why a reader reads no more: the body's end, its error, or (as an error) that it was released. */
type End = { readonly type: "done" } | { readonly type: "failed"; readonly error: unknown };

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A light `ReadableStreamDefaultReader`. However many reads wait, the source is asked for one chunk at a time. */
class LightReader {
  readonly #source: Source;
  readonly #lock: Lock;
  #waiters: Waiter<ReadableStreamReadResult<Bytes>>[] = [];
  #asked: Promise<Bytes | undefined> | undefined;
  #end: End | undefined;
  #closed: { readonly promise: Promise<void>; readonly waiter: Waiter<void> } | undefined;
  #released = false;

  constructor(source: Source, lock: Lock) {
    this.#source = source;
    this.#lock = lock;
  }

  read(): Promise<ReadableStreamReadResult<Bytes>> {
    if (this.#end?.type === "failed") return Promise.reject(this.#end.error);
    this.#lock.disturb();
    if (this.#end !== undefined) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      if (this.#asked === undefined) this.#ask();
    });
  }

  #ask(): void {
    const asked = this.#source.read();
    this.#asked = asked;
    asked.then(
      (value) => {
        if (this.#asked !== asked) return;
        this.#asked = undefined;
        if (value === undefined) return this.#finish({ type: "done" });
        this.#waiters.shift()?.resolve({ done: false, value });
        if (this.#waiters.length > 0) this.#ask();
      },
      (error: unknown) => {
        if (this.#asked === asked) this.#finish({ type: "failed", error });
      },
    );
  }

  async cancel(reason?: unknown): Promise<void> {
    if (this.#end?.type === "failed") throw this.#end.error;
    this.#lock.disturb();
    this.#finish({ type: "done" });
    this.#source.cancel(reason);
  }

  releaseLock(): void {
    if (this.#released) return;
    this.#released = true;
    const asked = this.#asked;
    if (this.#end !== undefined) this.#closed = undefined;
    this.#finish({ type: "failed", error: new TypeError("The reader has let its stream go.") });
    this.#lock.unlock(asked);
  }

  /** Resolves with the end that a read has seen. */
  get closed(): Promise<void> {
    if (this.#closed === undefined) {
      let waiter: Waiter<void> = { resolve() {}, reject() {} };
      const promise = new Promise<void>((resolve, reject) => {
        waiter = { resolve, reject };
      });
      // Who asks for it need not wait for it.
      promise.catch(() => undefined);
      this.#closed = { promise, waiter };
      if (this.#end !== undefined) settle(waiter, this.#end, undefined);
    }
    return this.#closed.promise;
  }

  #finish(end: End): void {
    this.#end = end;
    this.#asked = undefined;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) settle(waiter, end, { done: true, value: undefined });
    if (this.#closed !== undefined) settle(this.#closed.waiter, end, undefined);
  }
}

function settle<T>(waiter: Waiter<T>, end: End, value: T): void {
  if (end.type === "done") waiter.resolve(value);
  else waiter.reject(end.error);
}

Object.setPrototypeOf(LightReader.prototype, ReadableStreamDefaultReader.prototype);

export function toBody(source: Source): ByteStream {
  return new LightBody(source) as unknown as ByteStream;
}

/** What is behind a body, light or native. Locks it. */
export function sourceOf(body: ByteStream): Source {
  return isLight(body) ? body.take() : nativeSource(body);
}

/** The native stream of a body, for what takes no other. */
export function nativeOf(body: ByteStream): ByteStream {
  return isLight(body) ? body.native() : body;
}

/** Whether something of a body, light or native, was read, or it was cancelled. */
export function isDisturbed(body: ByteStream): boolean {
  // Takes the web's streams too, which its type does not say.
  return isLight(body) ? body.disturbed : Readable.isDisturbed(body as unknown as Readable);
}

/** Whether a body is one of {@link toBody}. */
export function isLight(body: unknown): body is LightBody & ByteStream {
  return body instanceof LightBody;
}

/** `asked`: a read whose chunk comes first. */
function toNative(source: Source, asked?: Promise<Bytes | undefined>): ByteStream {
  let first = asked;
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const read = first ?? source.read();
        first = undefined;
        const chunk = await read;
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
