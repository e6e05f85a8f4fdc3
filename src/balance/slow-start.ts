/** An upstream that comes back is cold: it gets its share by and by, so that it is not flooded. */

import type { Balancer, BalancerDeps, Candidate } from "./balancer.ts";

/** How long it takes (ms). */
const DURATION = 10_000;

/** The part of its share that it begins with. */
const BEGINNING = 0.1;

/** The part of its share that an upstream gets at `now`, which is back since `backAt` (monotonic ms): 0.1–1. */
export function shareAt(backAt: number, now: number): number {
  const passed = (now - backAt) / DURATION;
  return passed >= 1 ? 1 : BEGINNING + (1 - BEGINNING) * Math.max(0, passed);
}

/**
 * Lets a candidate whose share is below 1 take part in a choice only that often. Whatever the strategy then goes by, it
 * can't get more: an idle newcomer would else be the one with the fewest requests each time.
 */
export function withSlowStart(balancer: Balancer, { random, clock }: BalancerDeps): Balancer {
  let asked: readonly Candidate[] | undefined;
  let slow: readonly Candidate[] = [];

  return {
    ...balancer,
    pick<C extends Candidate>(available: readonly C[], clientAddress: string): C {
      if (available === asked && slow.length === 0) return balancer.pick(available, clientAddress);
      const now = clock.now();
      slow = slowOf(available === asked ? slow : available, now);
      asked = available;
      const left = slow.filter(({ backAt }) => random() >= shareAt(backAt, now));
      const taking = left.length === 0 ? available : without(available, left);
      return balancer.pick(taking.length === 0 ? available : taking, clientAddress);
    },
  };
}

// Loops: a `filter` of a thousand takes five times as long on Deno.

/** Those that don't have their whole share yet. */
function slowOf(candidates: readonly Candidate[], now: number): readonly Candidate[] {
  const slow: Candidate[] = [];
  for (const candidate of candidates) if (now - candidate.backAt < DURATION) slow.push(candidate);
  return slow;
}

/** @param left some of `candidates`, in the same order */
function without<C extends Candidate>(candidates: readonly C[], left: readonly Candidate[]): readonly C[] {
  const others = candidates.slice();
  let count = 0;
  let next = 0;
  for (const candidate of candidates) {
    if (candidate === left[next]) next += 1;
    else {
      others[count] = candidate;
      count += 1;
    }
  }
  others.length = count;
  return others;
}
