import type { ByteStream } from "../../../src/runtime/runtime.ts";
import type { WatchedReads } from "./watched-reads.ts";

/** Where the bytes of a watched body leave it. */
export interface Outlet {
  readonly stream: ByteStream;
  /** The body is over: the stream's consumer is to see `error`. */
  fail(error: unknown): void;
}

/** @param reads what leaves: nothing else reads from now on */
export type CreateOutlet = (reads: OutletReads) => Outlet;

export interface OutletReads extends Pick<WatchedReads, "next" | "takeUnread"> {
  /** Its consumer has left: what was put back is given up and the source is cancelled. */
  leave(reason: unknown): Promise<void> | undefined;
}
