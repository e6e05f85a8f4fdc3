/** One upstream's state, shared by every group that uses it: may it be sent a request, and how many of its share. */

import { shareAt } from "../balance/slow-start.ts";
import type { UpstreamConfig } from "../config/config.ts";
import type { UpstreamState } from "../metrics/metrics.ts";
import { createTokenBucket } from "../token-bucket.ts";
import { type BreakerListener, createBreaker } from "./breaker.ts";
import { type CoolDown, createCoolDown } from "./cool-down.ts";
import { createHealth } from "./health.ts";

export interface Upstream {
  readonly config: UpstreamConfig;
  /** Requests that it is serving now, from all groups. */
  readonly inFlight: number;
  /** The part of its share that it gets (see `Candidate.share`), as of the last {@link availableIn}. */
  readonly share: number;
  readonly coolDown: CoolDown;
  state(now: number): UpstreamState;
  /** Whether a request may be sent to it now: 0, or the milliseconds until one may. */
  availableIn(now: number): number;
  /** Whether its circuit breaker keeps requests from it. */
  isRejecting(now: number): boolean;
  /** Counts a request in and takes its token. Call it when {@link availableIn} is 0. */
  begin(now: number, onBreakerChange: BreakerListener): UpstreamCall;
  /** Notes that it failed a request. */
  failed(now: number): void;
  /** Whether it has failed one in the last 10 s. */
  hasFailed(now: number): boolean;
  /** Takes the result of a health check; returns whether its health changed by it. */
  checked(well: boolean, now: number): boolean;
}

export interface UpstreamCall {
  /**
   * Counts the request out; once. `failure`: the upstream's fault as the circuit breaker sees it. `none`: nothing was
   * learnt.
   */
  settle(result: "success" | "failure" | "none", now: number): void;
}

/** When one of a full upstream's requests will end isn't known: ask again after this long (ms). */
const FULL_RETRY = 1000;

/** How long a failure is remembered (ms). */
const FAILURE_MEMORY = 10_000;

export function createUpstream(
  config: UpstreamConfig,
  onBreakerChange: BreakerListener = () => {},
): Upstream {
  const bucket = config.rateLimit === undefined ? undefined : createTokenBucket(config.rateLimit);
  const breaker = config.breaker === undefined ? undefined : createBreaker(config.breaker);
  const health = config.healthCheck === undefined ? undefined : createHealth(config.healthCheck);
  const maxInFlight = config.maxInFlight ?? Number.POSITIVE_INFINITY;
  const coolDown = createCoolDown();
  let inFlight = 0;
  let share = 1;
  let failedAt = Number.NEGATIVE_INFINITY;
  /** When its breaker closed or its health came back. */
  let backAt = Number.NEGATIVE_INFINITY;

  /** A probe is not to be passed over: it is how an upstream comes back. */
  function shareNow(now: number): number {
    if (breaker !== undefined && breaker.state.type !== "closed") return 1;
    return shareAt(Math.max(backAt, coolDown.until), now);
  }

  function healthIn(): number {
    return health === undefined || health.isUp ? 0 : (config.healthCheck?.interval ?? 0);
  }

  return {
    config,
    get inFlight() {
      return inFlight;
    },
    get share() {
      return share;
    },
    coolDown,
    state(now) {
      if (health?.isUp === false) return "down";
      if (breaker !== undefined && breaker.state.type !== "closed") return "open";
      return coolDown.availableIn(now) > 0 ? "cooling" : "up";
    },
    availableIn(now) {
      share = shareNow(now);
      return Math.max(
        inFlight >= maxInFlight ? FULL_RETRY : 0,
        bucket?.readyIn(now) ?? 0,
        breaker?.availableIn(now) ?? 0,
        coolDown.availableIn(now),
        healthIn(),
      );
    },
    isRejecting: (now) => (breaker?.availableIn(now) ?? 0) > 0,
    begin(now, onChange) {
      inFlight += 1;
      bucket?.take(now);
      let closed = false;
      const call = breaker?.begin(now, (from, to) => {
        closed = to === "closed";
        onChange(from, to);
        onBreakerChange(from, to);
      });
      return {
        settle(result, end) {
          inFlight -= 1;
          call?.settle(result, end);
          if (closed) backAt = end;
        },
      };
    },
    failed(now) {
      failedAt = now;
    },
    hasFailed: (now) => now - failedAt < FAILURE_MEMORY,
    checked(well, now) {
      const changed = health?.checked(well) ?? false;
      if (changed && well) backAt = now;
      return changed;
    },
  };
}
