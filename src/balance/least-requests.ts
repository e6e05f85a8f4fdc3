import type { Random } from "../base/clock.ts";
import type { Balancer, Candidate } from "./balancer.ts";
import { chosen } from "./chosen.ts";
import { lowest } from "./lowest.ts";

/** The one with the fewest requests in flight per weight; among equals any. */
export function createLeastRequests({ random }: { readonly random: Random }): Balancer {
  const loads: number[] = [];

  return {
    pick<C extends Candidate>(available: readonly C[]): C {
      let count = 0;
      for (const { inFlight, weight } of available) {
        loads[count] = inFlight / weight;
        count += 1;
      }
      loads.length = count;
      return chosen(available[lowest(loads, random)]);
    },
  };
}
