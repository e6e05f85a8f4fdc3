import type { Balancer, Candidate } from "../../src/balance/balancer.ts";

/** A candidate whose load a test can change. */
export interface TestCandidate extends Candidate {
  inFlight: number;
  backAt: number;
}

let made = 0;

/** No two have the same index, so that any of them make a group. Back since long ago, unless told otherwise. */
export function candidate(
  name: string,
  weight = 1,
  inFlight = 0,
  backAt = Number.NEGATIVE_INFINITY,
): TestCandidate {
  made += 1;
  return { name, index: made - 1, weight, inFlight, backAt };
}

/** Candidates `u0`, `u1`, … with these weights. */
export function candidates(...weights: readonly number[]): readonly TestCandidate[] {
  return weights.map((weight, i) => candidate(`u${i}`, weight));
}

/** IPv4 addresses, all different. */
export function addresses(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`);
}

/** The names of so many picks in a row. */
export function picks(balancer: Balancer, available: readonly Candidate[], count: number): readonly string[] {
  return Array.from({ length: count }, () => balancer.pick(available, "192.0.2.1").name);
}

/** How often each name occurs. */
export function tally(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Numbers given one after another; asking for more than there are is an error. */
export function scripted(...numbers: readonly number[]): () => number {
  let next = 0;
  return () => {
    const number = numbers[next];
    if (number === undefined) throw new Error("more random numbers than expected");
    next += 1;
    return number;
  };
}
