/** The rate limits that an upstream has reported by a 429, each for one scope of requests. */

import { LONGEST_COOL_DOWN } from "./cool-down.ts";

/** `scope`: see `limit-scope.ts`. `now`: monotonic milliseconds. */
export interface LearnedLimits {
  /** Milliseconds until requests of `scope` may be sent again; 0 when they may be now. */
  availableIn(scope: number, now: number): number;
  /** Limits `scope` for `ms`, at most 600,000. A longer limit that is already known is not shortened. */
  limit(scope: number, ms: number, now: number): void;
  /** How many scopes are limited now. */
  count(now: number): number;
  /** When the latest limit ends or ended; -Infinity when there was none. */
  readonly until: number;
}

/**
 * Most scopes remembered for one upstream. Clients can name any model and any key, so the oldest is forgotten: at worst
 * the upstream answers its next request with another 429.
 */
export const MAX_SCOPES = 1024;

/** @param onChange called after `until` has changed */
export function createLearnedLimits(onChange: () => void = () => {}): LearnedLimits {
  /** When each limit ends, in the order in which they were learned. */
  const ends = new Map<number, number>();

  function forget(now: number): void {
    for (const [scope, end] of ends) if (end <= now) ends.delete(scope);
    for (const scope of ends.keys()) {
      if (ends.size < MAX_SCOPES) return;
      ends.delete(scope);
    }
  }

  const limits = {
    until: Number.NEGATIVE_INFINITY,
    availableIn(scope: number, now: number) {
      return now >= limits.until ? 0 : Math.max(0, (ends.get(scope) ?? now) - now);
    },
    limit(scope: number, ms: number, now: number) {
      if (ms <= 0) return;
      const end = Math.max(ends.get(scope) ?? 0, now + Math.min(LONGEST_COOL_DOWN, ms));
      ends.delete(scope);
      if (ends.size >= MAX_SCOPES) forget(now);
      ends.set(scope, end);
      if (end <= limits.until) return;
      limits.until = end;
      onChange();
    },
    count(now: number) {
      let count = 0;
      for (const end of ends.values()) if (end > now) count += 1;
      return count;
    },
  };
  return limits;
}
