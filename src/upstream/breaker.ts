/** A circuit breaker: a state machine that is given the time. One for each upstream, shared by its groups. */

import { createSlidingCount } from "../base/sliding-count.ts";
import type { BreakerConfig } from "../config/config.ts";

/** `openedAt`: monotonic ms. In `half_open` one call at a time probes whether the upstream is back. */
export type BreakerState =
  | { readonly type: "closed" }
  | { readonly type: "open"; readonly openedAt: number }
  | { readonly type: "half_open" };

/** `now`: monotonic milliseconds. */
export interface Breaker {
  readonly state: BreakerState;
  /** From when on a call may be made; Infinity while a probe is out. */
  availableAt(): number;
  /** 0 when a call may be made, else the ms until one may; while a probe is out that is a guess. */
  availableIn(now: number): number;
  /** Begins a call. Call it when {@link availableIn} is 0. The first one after the cooldown is the probe. */
  begin(now: number, onChange: BreakerListener): BreakerCall;
}

/** Called with each change of state. */
export type BreakerListener = (from: BreakerState["type"], to: BreakerState["type"]) => void;

export interface BreakerCall {
  /** The call's end; only the first counts. `none`: nothing was learnt, as when its client left. */
  settle(result: "success" | "failure" | "none", now: number): void;
}

/** A failure rate of fewer calls means nothing. */
const FEWEST_CALLS = 5;

/** So many failures in a row open it, whatever the rate. */
const MOST_IN_A_ROW = 5;

/** When a probe will end isn't known: ask again after this long (ms). */
const PROBING = 1000;

const CLOSED: BreakerState = { type: "closed" };

export function createBreaker({ threshold, cooldown }: BreakerConfig): Breaker {
  const calls = createSlidingCount();
  const failures = createSlidingCount();
  let inARow = 0;
  let probing = false;
  /** Changes so far: a call that began before the last one teaches nothing. */
  let epoch = 0;

  function change(to: BreakerState, onChange: BreakerListener): void {
    const from = breaker.state.type;
    breaker.state = to;
    epoch += 1;
    probing = false;
    inARow = 0;
    calls.clear();
    failures.clear();
    onChange(from, to.type);
  }

  function judgeProbe(result: "success" | "failure" | "none", now: number, onChange: BreakerListener): void {
    probing = false;
    if (result === "success") change(CLOSED, onChange);
    else if (result === "failure") change({ type: "open", openedAt: now }, onChange);
  }

  function count(failed: boolean, now: number, onChange: BreakerListener): void {
    calls.add(now);
    if (failed) failures.add(now);
    inARow = failed ? inARow + 1 : 0;
    const total = calls.total(now);
    const isTooMuch = total >= FEWEST_CALLS && failures.total(now) / total >= threshold;
    if (failed && (isTooMuch || inARow >= MOST_IN_A_ROW)) change({ type: "open", openedAt: now }, onChange);
  }

  const breaker: Breaker & { state: BreakerState } = {
    state: CLOSED,
    availableAt() {
      const { state } = breaker;
      if (state.type === "open") return state.openedAt + cooldown;
      return probing ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    },
    availableIn(now) {
      return probing ? PROBING : Math.max(0, breaker.availableAt() - now);
    },
    begin(now, onChange) {
      if (breaker.state.type === "open" && now >= breaker.availableAt()) {
        change({ type: "half_open" }, onChange);
      }
      if (breaker.state.type === "half_open") probing = true;
      const begunIn = epoch;
      let settled = false;
      return {
        settle(result, end) {
          if (settled) return;
          settled = true;
          if (begunIn !== epoch) return;
          if (breaker.state.type === "half_open") judgeProbe(result, end, onChange);
          else if (result !== "none") count(result === "failure", end, onChange);
        },
      };
    },
  };
  return breaker;
}
