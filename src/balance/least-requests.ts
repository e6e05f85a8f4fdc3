import type { Random } from "../clock.ts";
import type { Balancer } from "./balancer.ts";
import { lowest } from "./lowest.ts";

/** The one with the fewest requests in flight per weight; among equals any. */
export function createLeastRequests({ random }: { readonly random: Random }): Balancer {
  return {
    pick: (available) => lowest(available, ({ inFlight, weight }) => inFlight / weight, random),
  };
}
