import type { BodyEnd, BodyWatcher, Bytes, UnreadBytes } from "../../../src/runtime/runtime.ts";

/** Takes a chunk, or undefined at the end. */
export type Take = (chunk: Bytes | undefined) => void;
export type Fail = (error: unknown) => void;

/**
 * Makes the function that asks a source for its next chunk: `take` is called with it, or else `fail`. They are the same
 * functions for every chunk, so that a chunk costs no closures.
 */
export type CreateAsk = (take: Take, fail: Fail) => () => void;

/** The common part of watched bodies: observed reads, exactly one end, and a head that was put back. */
export interface WatchedReads {
  read(): Promise<Bytes | undefined>;
  /** The same without a promise. One at a time, of either. */
  next(take: Take, fail: Fail): void;
  unread(head: UnreadBytes): void;
  /** What was put back is asked for, or given up. */
  takeUnread(): UnreadBytes | undefined;
  hasUnread(): boolean;
  /** The first end counts, and is told; false for every later one. */
  end(how: BodyEnd): boolean;
  hasEnded(): boolean;
  /** Set when it ended as failed. */
  failure(): { readonly error: unknown } | undefined;
  /** Rejects the read that is awaited; false where none is. */
  breakOff(error: unknown): boolean;
}

export function createWatchedReads(createAsk: CreateAsk, watcher: BodyWatcher): WatchedReads {
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  /** Of the read that is awaited. */
  let take: Take | undefined;
  let fail: Fail | undefined;
  let unread: UnreadBytes | undefined;
  const ask = createAsk(onChunk, onFailure);

  function end(how: BodyEnd): boolean {
    if (ended) return false;
    ended = true;
    if (how.type === "failed") failure = how;
    watcher.end(how);
    return true;
  }

  function onChunk(chunk: Bytes | undefined): void {
    if (chunk === undefined) end({ type: "done" });
    else if (!ended) watcher.chunk(chunk);
    // The watcher may have cut the body on seeing this chunk.
    if (failure !== undefined) reject(failure.error);
    else resolve(ended ? undefined : chunk);
  }

  function onFailure(error: unknown): void {
    end({ type: "failed", error });
    reject(error);
  }

  function resolve(chunk: Bytes | undefined): void {
    const awaited = take;
    take = undefined;
    fail = undefined;
    awaited?.(chunk);
  }

  function reject(error: unknown): void {
    const awaited = fail;
    take = undefined;
    fail = undefined;
    awaited?.(error);
  }

  function next(onTake: Take, onFail: Fail): void {
    take = onTake;
    fail = onFail;
    if (failure !== undefined) reject(failure.error);
    else if (ended) resolve(undefined);
    else {
      watcher.waiting();
      ask();
    }
  }

  return {
    read: () => new Promise(next),
    next,
    unread(head) {
      unread = head;
    },
    takeUnread() {
      const taken = unread;
      unread = undefined;
      taken?.release();
      return taken;
    },
    hasUnread: () => unread !== undefined,
    end,
    hasEnded: () => ended,
    failure: () => failure,
    breakOff(error) {
      const isAwaited = fail !== undefined;
      reject(error);
      return isAwaited;
    },
  };
}
