/** Warns the operator that file descriptors are used up. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../log/log.ts";

/** Least time between two warnings (ms). */
const INTERVAL = 60_000;

/**
 * Creates a function that warns that a listener does not accept connections: at most once a minute for all listeners.
 *
 * @param limit the process's limit of file descriptors, where it is known
 */
export function createShortageWarning(
  log: Pick<Log, "warn">,
  clock: Pick<Clock, "now">,
  limit: () => number | undefined,
): (listener: string) => void {
  let warnedAt = Number.NEGATIVE_INFINITY;
  return (listener) => {
    const now = clock.now();
    if (now - warnedAt < INTERVAL) return;
    warnedAt = now;
    log.warn("connections are not accepted: file descriptors are used up; raise ulimit -n", {
      listener,
      limit: limit(),
    });
  };
}
