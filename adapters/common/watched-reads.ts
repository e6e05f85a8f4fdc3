import type { BodyEnd, BodyWatcher, Bytes, UnreadBytes } from "../../src/runtime.ts";

/** Asks a source for its next chunk: `take` is called with it, or with undefined at the end, or else `fail`. */
export type Ask = (take: (chunk: Bytes | undefined) => void, fail: (error: unknown) => void) => void;

/** What every watched body has, however it is read: reads that are told of, one end, and a head that was put back. */
export interface WatchedReads {
  read(): Promise<Bytes | undefined>;
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

export function createWatchedReads(ask: Ask, watcher: BodyWatcher): WatchedReads {
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let rejectRead: ((error: unknown) => void) | undefined;
  let unread: UnreadBytes | undefined;

  function end(how: BodyEnd): boolean {
    if (ended) return false;
    ended = true;
    if (how.type === "failed") failure = how;
    watcher.end(how);
    return true;
  }

  return {
    read() {
      if (failure !== undefined) return Promise.reject(failure.error);
      if (ended) return Promise.resolve(undefined);
      watcher.waiting();
      return new Promise((resolve, reject) => {
        rejectRead = reject;
        ask(
          (chunk) => {
            rejectRead = undefined;
            if (chunk === undefined) end({ type: "done" });
            else if (!ended) watcher.chunk(chunk);
            // The watcher may have cut the body on seeing this chunk.
            if (failure !== undefined) reject(failure.error);
            else resolve(ended ? undefined : chunk);
          },
          (error) => {
            rejectRead = undefined;
            end({ type: "failed", error });
            reject(error);
          },
        );
      });
    },
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
      rejectRead?.(error);
      return rejectRead !== undefined;
    },
  };
}
