import { Readable } from "node:stream";
import type { ByteStream, Bytes } from "../../src/runtime.ts";
import { nativeSource, type Source } from "./source.ts";

const LOCKED = "The stream is locked.";

/**
 * A light `ReadableStream` over a {@link Source}: a native one costs more to make than a small request costs in all,
 * and a promise and two objects for each chunk. Whoever knows it takes the source itself; others get a reader, and a
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
      unlock: () => {
        this.#locked = false;
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
  unlock(): void;
}

/** A light `ReadableStreamDefaultReader`. */
class LightReader {
  readonly #source: Source;
  readonly #lock: Lock;
  #released = false;
  #over = false;
  #ended: PromiseWithEnd | undefined;

  constructor(source: Source, lock: Lock) {
    this.#source = source;
    this.#lock = lock;
  }

  async read(): Promise<ReadableStreamReadResult<Bytes>> {
    this.#check();
    this.#lock.disturb();
    if (this.#over) return { done: true, value: undefined };
    try {
      const value = await this.#source.read();
      if (value !== undefined) return { done: false, value };
      this.#over = true;
      this.#ended?.resolve();
      return { done: true, value };
    } catch (error) {
      this.#ended?.reject(error);
      throw error;
    }
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#check();
    this.#lock.disturb();
    this.#over = true;
    this.#source.cancel(reason);
    this.#ended?.resolve();
  }

  releaseLock(): void {
    if (this.#released) return;
    this.#released = true;
    this.#lock.unlock();
  }

  /** Resolves with the end that a read has seen. */
  get closed(): Promise<void> {
    this.#ended ??= promiseWithEnd(this.#over);
    return this.#ended.promise;
  }

  #check(): void {
    if (this.#released) throw new TypeError("The reader has let its stream go.");
  }
}

Object.setPrototypeOf(LightReader.prototype, ReadableStreamDefaultReader.prototype);

interface PromiseWithEnd {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

function promiseWithEnd(isOver: boolean): PromiseWithEnd {
  let resolve = (): void => {};
  let reject = (_error: unknown): void => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Who asks for it need not wait for it.
  promise.catch(() => undefined);
  if (isOver) resolve();
  return { promise, resolve, reject };
}

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

function isLight(body: unknown): body is LightBody {
  return body instanceof LightBody;
}

function toNative(source: Source): ByteStream {
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const chunk = await source.read();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
