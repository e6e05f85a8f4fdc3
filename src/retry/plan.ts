/**
 * Who is tried next in one request, and when. Among equals: first move on, then wait. `failover`: once more where it
 * was, then down the list, then round again.
 */

import type { Random } from "../base/clock.ts";
import type { Member } from "../upstream/member.ts";
import type { RequestAvailability } from "../upstream/request-availability.ts";
import type { RetryPolicy, Verdict } from "./retry.ts";

/** Longest backoff, and longest Retry-After worth waiting for, in milliseconds. */
export const LONGEST_WAIT = 30_000;

/** Longest Retry-After for which `failover` stays with an upstream (ms). */
const LONGEST_STAY = 5_000;

/** Connect timeouts after which a request gives up: each costs seconds. */
const MOST_CONNECT_TIMEOUTS = 3;

/** The next step of a request. */
export interface Step {
  /** Milliseconds to wait first. */
  readonly wait: number;
  /** The members that may be tried then; may be empty. Ask after the wait. */
  candidates(now: number): readonly Member[];
}

export interface Plan {
  /** Whether anything may come after `member`, which is about to be tried, should it fail. */
  mayFollow(member: Member): boolean;
  /**
   * Notes that `member` failed and says what comes next, or undefined when nothing does.
   *
   * @param retryAfter the upstream's own Retry-After in milliseconds
   * @param mayStay whether the same upstream may be tried again where another could be
   */
  after(
    member: Member,
    verdict: Verdict & { type: "move" },
    now: number,
    retryAfter?: number,
    mayStay?: boolean,
  ): Step | undefined;
}

interface Past {
  tries: number;
  /** Not to be tried again in this request. */
  ruledOut: boolean;
  /** In `failover`: in this round. */
  tried: boolean;
  triedTwice: boolean;
  /** Monotonic ms before which it asked not to be tried. */
  notBefore: number;
}

export function createPlan(
  members: readonly Member[],
  { available, availableIn }: Pick<RequestAvailability, "available" | "availableIn">,
  policy: RetryPolicy,
  random: Random,
): Plan {
  const pasts = new Map<Member, Past>();
  let retries = 0;
  let waits = 0;
  let connectTimeouts = 0;

  const waitFor = (member: Member, now: number): number =>
    Math.max(availableIn(member, now), (pasts.get(member)?.notBefore ?? 0) - now);

  /** A filter for members that nothing in this request rules out at `now`. */
  function fits(now: number, among: (past: Past | undefined) => boolean): (member: Member) => boolean {
    return (member) => {
      const past = pasts.get(member);
      return among(past) && (past?.notBefore ?? 0) <= now;
    };
  }

  const ready = (now: number, among: (past: Past | undefined) => boolean): readonly Member[] =>
    available(now).filter(fits(now, among));

  const untried = (past: Past | undefined): boolean => past === undefined || !(past.tried || past.ruledOut);
  const triable = (past: Past | undefined): boolean => past === undefined || !past.ruledOut;

  /** Each gets its turn again before one gets another. */
  function leastTried(among: readonly Member[]): readonly Member[] {
    const tries = (member: Member): number => pasts.get(member)?.tries ?? 0;
    const least = Math.min(...among.map(tries));
    return among.filter((member) => tries(member) === least);
  }

  function pastOf(member: Member): Past {
    const past = pasts.get(member) ?? {
      tries: 0,
      ruledOut: false,
      tried: false,
      triedTwice: false,
      notBefore: 0,
    };
    pasts.set(member, past);
    return past;
  }

  /** `failover`: one blip must not cost the preferred upstream. */
  function stay(member: Member, past: Past, retryAfter: number | undefined): Step | undefined {
    if (past.triedTwice || (retryAfter ?? 0) > LONGEST_STAY) return undefined;
    past.triedTwice = true;
    return {
      wait: retryAfter ?? policy.initial,
      candidates: (now) => (availableIn(member, now) === 0 ? [member] : ready(now, untried)),
    };
  }

  function goRound(now: number): Step | undefined {
    const again = members.filter((member) => triable(pasts.get(member)));
    if (again.length === 0) return undefined;
    const soonest = Math.min(...again.map((member) => waitFor(member, now)));
    if (soonest > LONGEST_WAIT) return undefined;
    const backoff = random() * Math.min(LONGEST_WAIT, policy.initial * 2 ** waits);
    waits += 1;
    return {
      wait: Math.max(backoff, soonest),
      candidates(later) {
        if (policy.failover) for (const past of pasts.values()) startRound(past);
        return policy.failover ? ready(later, untried) : leastTried(ready(later, triable));
      },
    };
  }

  return {
    mayFollow(member) {
      if (connectTimeouts >= MOST_CONNECT_TIMEOUTS) return false;
      if (policy.enabled) return retries < policy.attempts;
      return policy.failover && members.some((other) => other !== member && untried(pasts.get(other)));
    },
    after(member, { reason, counted, again }, now, retryAfter, mayStay = true) {
      const past = pastOf(member);
      past.tried = true;
      past.tries += 1;
      if (!again) past.ruledOut = true;
      if (retryAfter !== undefined) past.notBefore = now + retryAfter;
      if (reason === "connect_timeout") connectTimeouts += 1;
      if (connectTimeouts >= MOST_CONNECT_TIMEOUTS) return undefined;
      if (counted) retries += 1;
      if (policy.enabled && retries > policy.attempts) return undefined;
      const staying = policy.failover && again && mayStay ? stay(member, past, retryAfter) : undefined;
      if (staying !== undefined) return staying;
      if (available(now).some(fits(now, untried))) {
        return { wait: 0, candidates: (later) => ready(later, untried) };
      }
      return policy.enabled ? goRound(now) : undefined;
    },
  };
}

function startRound(past: Past): void {
  past.tried = false;
  past.triedTwice = false;
}
