import type { Random } from "../base/clock.ts";

/** The index of the lowest score; among equals a uniformly random one, for which one number is drawn. */
export function lowest(scores: readonly number[], random: Random): number {
  let least = Number.POSITIVE_INFINITY;
  let index = 0;
  let equals = 0;
  for (let i = 0; i < scores.length; i += 1) {
    const score = scores[i];
    if (score === undefined || score > least) continue;
    if (score < least) {
      least = score;
      index = i;
      equals = 0;
    }
    equals += 1;
  }
  let further = equals > 1 ? Math.floor(random() * equals) : 0;
  while (further > 0) {
    index += 1;
    if (scores[index] === least) further -= 1;
  }
  return index;
}
