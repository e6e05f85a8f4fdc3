/** Seeded random choices for generators: the same seed always gives the same case. */

import { below, choose, seeded } from "../../src/simulator/random.ts";

export interface Draw {
  /** True with probability `p` (0 to 1). */
  chance(p: number): boolean;
  /** A whole number in [0, bound). */
  int(bound: number): number;
  pick<T>(list: readonly T[]): T;
  /** One of the values, each as often as its weight says. */
  weighted<T>(list: readonly (readonly [weight: number, value: T])[]): T;
  /** A list of 0 to `most` values. */
  some<T>(most: number, make: () => T): T[];
}

export function createDraw(seed: number): Draw {
  const random = seeded(seed);
  // Neighbouring seeds begin alike: the first numbers are dropped.
  for (let i = 0; i < 4; i += 1) random();
  const int = (bound: number): number => below(bound, random);
  return {
    chance: (p) => random() < p,
    int,
    pick: (list) => choose(list, random),
    weighted(list) {
      let left = random() * list.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of list) {
        left -= weight;
        if (left < 0) return value;
      }
      return choose(list, random)[1];
    },
    some: (most, make) => Array.from({ length: int(most + 1) }, make),
  };
}

/** A text with one to three random changes: a byte dropped, doubled, replaced or inserted, or a word inserted. */
export function damaged(text: string, words: readonly string[], draw: Draw): string {
  let out = text;
  for (let i = 0; i <= draw.int(3); i += 1) {
    const at = draw.int(out.length + 1);
    const [before, after] = [out.slice(0, at), out.slice(at)];
    out = draw.pick([
      () => before + after.slice(1),
      () => before + after.slice(0, 1) + after,
      () => before + String.fromCharCode(draw.int(256)) + after.slice(1),
      () => before + String.fromCharCode(draw.int(256)) + after,
      () => before + draw.pick(words) + after,
      () => before + after.slice(draw.int(8)),
    ])();
  }
  return out;
}
