import type { Balancer } from "./balancer.ts";
import { chosen } from "./chosen.ts";

/** The first that is available, in config order. */
export function createFailover(): Balancer {
  return { pick: (available) => chosen(available[0]) };
}
