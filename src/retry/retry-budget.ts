/** How many second sends a group may make: a share of its requests, so that a failing one is not stormed. */

import { createSlidingCount } from "../base/sliding-count.ts";

/** `now`: monotonic milliseconds. */
export interface RetryBudget {
  /** Counts a client's request. */
  requested(now: number): void;
  /** Whether a retry may be made. */
  has(now: number): boolean;
  /** Counts a retry, if it may be made. */
  take(now: number): boolean;
}

/** Retries for each request of the last 10 s. */
const SHARE = 0.2;

/** Retries in 10 s, whatever the requests. */
const FLOOR = 30;

export function createRetryBudget(): RetryBudget {
  const requests = createSlidingCount();
  const retries = createSlidingCount();
  const has = (now: number): boolean => retries.total(now) + 1 <= SHARE * requests.total(now) + FLOOR;
  return {
    requested: (now) => requests.add(now),
    has,
    take(now) {
      if (!has(now)) return false;
      retries.add(now);
      return true;
    },
  };
}
