import type { ServerResponse } from "node:http";

/** A write timeout is seen at most this part of itself late. */
const SLICES = 8;

/** How long a client takes nothing of an answer that waits for it. */
export interface Patience {
  /** The client is waited for from now. */
  start(): void;
  /** It has taken what was waiting. */
  stop(): void;
}

export interface PatienceOptions {
  /** Milliseconds. */
  readonly writeTimeout: number;
  /** The client takes nothing: called before the connection is destroyed. */
  readonly onStuck: () => void;
}

/**
 * Calls `onStuck` once a client has taken no byte of a waiting answer for `writeTimeout` ms. Socket timeouts tell of the time
 * in which nothing was taken, also of a chunk that is half written, but not since when; so time is cut in slices, and a
 * slice that took longer than itself was one with progress.
 */
export function createPatience(
  response: ServerResponse,
  { writeTimeout: timeout, onStuck: lose }: PatienceOptions,
): Patience {
  const slice = Math.max(10, Math.floor(timeout / SLICES));
  let waiting = false;
  let idleSince = 0;
  let armedAt = 0;

  function arm(): void {
    armedAt = performance.now();
    response.socket?.setTimeout(slice);
  }

  function onSlice(): void {
    const now = performance.now();
    if (now - armedAt > 1.5 * slice) idleSince = now - slice;
    if (now - idleSince >= timeout - 1) lose();
    else arm();
  }

  return {
    start() {
      if (waiting) return;
      waiting = true;
      idleSince = performance.now();
      // A listener also keeps node:http from closing the connection at the first slice.
      response.on("timeout", onSlice);
      arm();
    },
    stop() {
      if (!waiting) return;
      waiting = false;
      response.off("timeout", onSlice);
      response.socket?.setTimeout(0);
    },
  };
}
