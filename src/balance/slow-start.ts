/** An upstream that comes back is cold: it gets its share by and by, so that it is not flooded. */

import type { Random } from "../clock.ts";
import type { Balancer, Candidate } from "./balancer.ts";

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
export function withSlowStart(balancer: Balancer, random: Random): Balancer {
  function takesPart({ share }: Candidate): boolean {
    return share >= 1 || random() < share;
  }

  return {
    ...balancer,
    pick<C extends Candidate>(available: readonly C[], clientAddress: string): C {
      if (available.every(({ share }) => share >= 1)) return balancer.pick(available, clientAddress);
      const taking = available.filter(takesPart);
      return balancer.pick(taking.length === 0 ? available : taking, clientAddress);
    },
  };
}
