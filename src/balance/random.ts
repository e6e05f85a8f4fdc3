import type { Random } from "../base/clock.ts";
import type { Balancer } from "./balancer.ts";
import { chosen } from "./chosen.ts";

/** Any, each with the same chance. */
export function createRandom({ random }: { readonly random: Random }): Balancer {
  return { pick: (available) => chosen(available[Math.floor(random() * available.length)]) };
}
