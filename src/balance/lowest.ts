import type { Random } from "../clock.ts";
import { chosen } from "./chosen.ts";

/** The item whose score is lowest; among equals a uniformly random one (reservoir sampling: one pass, no list). */
export function lowest<T>(items: readonly T[], score: (item: T) => number, random: Random): T {
  let best: T | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  let ties = 0;
  for (const item of items) {
    const current = score(item);
    if (current > bestScore) continue;
    ties = current < bestScore ? 1 : ties + 1;
    bestScore = current;
    if (ties === 1 || random() * ties < 1) best = item;
  }
  return chosen(best);
}
