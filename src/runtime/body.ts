/** Bodies in transit and what watches them: a part of the seam, see `runtime.ts`. */

/** Bytes as every runtime's body takes them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A body on its way. */
export type ByteStream = ReadableStream<Bytes>;

/** Told what happens to a body on its way. Its functions must not throw. */
export interface BodyWatcher {
  /** The consumer wants bytes and there are none yet: from now the source is being waited for. */
  waiting(): void;
  /** A chunk came. Until the next {@link waiting} it is the consumer who is waited for. */
  chunk(chunk: Bytes): void;
  /** Exactly one end. */
  end(end: BodyEnd): void;
}

/** How a body ended: whole, broken by its source (or by {@link WatchedBody.cut}), or left by its consumer. */
export type BodyEnd =
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly error: unknown }
  | { readonly type: "cancelled" };

/** A body under watch. {@link read} reads as much of it as must be examined, {@link stream} the rest. */
export interface WatchedBody {
  /** The next chunk, or undefined at the end; rejects where the body breaks. One at a time, and before {@link stream}. */
  read(): Promise<Bytes | undefined>;
  /** Puts back what was read, and a read that is still awaited: {@link stream} begins with them. */
  unread(head: UnreadBytes): void;
  /** Everything that was not read, and what was put back. The same stream at every call. */
  stream(): ByteStream;
  /** Ends it as failed: the consumer sees `error`, the source is cancelled. No effect after its end. */
  cut(error: unknown): void;
}

export interface UnreadBytes {
  readonly bytes: Bytes;
  /** Follows them. */
  readonly pending?: Promise<Bytes | undefined> | undefined;
  /** Called when they are asked for, or given up. */
  release(): void;
}
