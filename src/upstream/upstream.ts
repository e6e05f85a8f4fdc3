/** One upstream's state, shared by every group that uses it. */

import type { UpstreamConfig } from "../config/config.ts";
import { createTokenBucket } from "../token-bucket.ts";

export interface Upstream {
  readonly config: UpstreamConfig;
  /** Requests that it is serving now, from all groups. */
  readonly inFlight: number;
  /** Whether a request may be sent to it now: 0, or the milliseconds until one may. */
  availableIn(now: number): number;
  /** Counts a request in and takes its token. Call it when {@link availableIn} is 0. */
  begin(now: number): void;
  /** Counts a request out: once for each {@link begin}. */
  end(): void;
}

/** When one of a full upstream's requests will end isn't known: ask again after this long (ms). */
const FULL_RETRY = 1000;

export function createUpstream(config: UpstreamConfig): Upstream {
  const bucket = config.rateLimit === undefined ? undefined : createTokenBucket(config.rateLimit);
  const maxInFlight = config.maxInFlight ?? Number.POSITIVE_INFINITY;
  let inFlight = 0;
  return {
    config,
    get inFlight() {
      return inFlight;
    },
    availableIn(now) {
      if (inFlight >= maxInFlight) return FULL_RETRY;
      return bucket === undefined ? 0 : bucket.readyIn(now);
    },
    begin(now) {
      inFlight += 1;
      bucket?.take(now);
    },
    end() {
      inFlight -= 1;
    },
  };
}
