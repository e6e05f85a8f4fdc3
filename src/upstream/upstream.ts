/** One upstream's state, shared by every group that uses it: may it be sent a request, and how many of its share. */

import { createTokenBucket } from "../base/token-bucket.ts";
import type { UpstreamConfig } from "../config/config.ts";
import type { UpstreamState } from "../metrics/metrics.ts";
import { type BreakerListener, createBreaker } from "./breaker.ts";
import { type CoolDown, type CoolDownOptions, createCoolDown } from "./cool-down.ts";
import { createHealth } from "./health.ts";
import { createLearnedLimits, type LearnedLimits } from "./learned-limits.ts";

export interface Upstream {
  readonly config: UpstreamConfig;
  /** Requests that it is serving now, from all groups. */
  readonly inFlight: number;
  /** From when on a request may be sent to it (monotonic ms); Infinity while that depends on what happens. */
  readonly availableAt: number;
  /** See `Candidate.backAt`. */
  readonly backAt: number;
  readonly coolDown: CoolDown;
  /** Limits that concern only some requests: they change neither {@link availableAt} nor {@link state}. */
  readonly limits: LearnedLimits;
  state(now: number): UpstreamState;
  /** Whether a request may be sent to it now: 0, or the milliseconds until one may. */
  availableIn(now: number): number;
  /** Calls `tell` from now on whenever {@link availableAt}, {@link backAt} or `limits.until` has changed. */
  onChange(tell: () => void): void;
  /** Adds a check: while it returns true, refusing the proxy's own credentials does not cool the upstream down. */
  protect(isIndispensable: (now: number) => boolean): void;
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

const LONG_AGO = Number.NEGATIVE_INFINITY;
const NOBODY_KNOWS = Number.POSITIVE_INFINITY;

export function createUpstream(
  config: UpstreamConfig,
  onBreakerChange: BreakerListener = () => {},
  onCoolDown: CoolDownOptions["onBegin"] = () => {},
): Upstream {
  const bucket = config.rateLimit === undefined ? undefined : createTokenBucket(config.rateLimit);
  const breaker = config.breaker === undefined ? undefined : createBreaker(config.breaker);
  const health = config.healthCheck === undefined ? undefined : createHealth(config.healthCheck);
  const maxInFlight = config.maxInFlight ?? Number.POSITIVE_INFINITY;
  const listeners: (() => void)[] = [];
  const protectors: ((now: number) => boolean)[] = [];
  const coolDown = createCoolDown({
    onChange: changed,
    onBegin: onCoolDown,
    isIndispensable: (now) => protectors.some((isIndispensable) => isIndispensable(now)),
  });
  let failedAt = LONG_AGO;
  /** When its breaker closed or its health came back. */
  let recoveredAt = LONG_AGO;

  /** Called after everything that its availability may change by, but for time. */
  function changed(now: number): void {
    const { until } = coolDown;
    // A probe is not to be passed over: it is how an upstream comes back.
    const backAt = isBroken() ? LONG_AGO : Math.max(recoveredAt, until);
    const at = Math.max(
      upstream.inFlight >= maxInFlight || health?.isUp === false ? NOBODY_KNOWS : LONG_AGO,
      bucket?.readyAt ?? LONG_AGO,
      breaker?.availableAt() ?? LONG_AGO,
      until,
    );
    // All times that are over are alike: taking one of many tokens is no change.
    const availableAt = at <= now ? LONG_AGO : at;
    if (availableAt === upstream.availableAt && backAt === upstream.backAt) return;
    upstream.availableAt = availableAt;
    upstream.backAt = backAt;
    tellAll();
  }

  function tellAll(): void {
    for (const tell of listeners) tell();
  }

  function isBroken(): boolean {
    return breaker !== undefined && breaker.state.type !== "closed";
  }

  function healthIn(): number {
    return health === undefined || health.isUp ? 0 : (config.healthCheck?.interval ?? 0);
  }

  // Data and no getters: strategies look at all upstreams for each request.
  const upstream: { -readonly [K in keyof Upstream]: Upstream[K] } = {
    config,
    inFlight: 0,
    availableAt: LONG_AGO,
    backAt: LONG_AGO,
    coolDown,
    limits: createLearnedLimits(tellAll),
    state(now) {
      if (health?.isUp === false) return "down";
      if (isBroken()) return "open";
      return coolDown.availableIn(now) > 0 ? "cooling" : "up";
    },
    availableIn(now) {
      return Math.max(
        upstream.inFlight >= maxInFlight ? FULL_RETRY : 0,
        bucket?.readyIn(now) ?? 0,
        breaker?.availableIn(now) ?? 0,
        coolDown.availableIn(now),
        healthIn(),
      );
    },
    onChange(tell) {
      listeners.push(tell);
    },
    protect(isIndispensable) {
      protectors.push(isIndispensable);
    },
    isRejecting: (now) => (breaker?.availableIn(now) ?? 0) > 0,
    begin(now, onChange) {
      upstream.inFlight += 1;
      bucket?.take(now);
      let closed = false;
      const call = breaker?.begin(now, (from, to) => {
        closed = to === "closed";
        onChange(from, to);
        onBreakerChange(from, to);
      });
      changed(now);
      return {
        settle(result, end) {
          upstream.inFlight -= 1;
          call?.settle(result, end);
          if (closed) recoveredAt = end;
          changed(end);
        },
      };
    },
    failed(now) {
      failedAt = now;
    },
    hasFailed: (now) => now - failedAt < FAILURE_MEMORY,
    checked(well, now) {
      const isNews = health?.checked(well) ?? false;
      if (isNews && well) recoveredAt = now;
      if (isNews) changed(now);
      return isNews;
    },
  };
  return upstream;
}
