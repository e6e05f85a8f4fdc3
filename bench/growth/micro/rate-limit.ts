/** The rate limit of clients, under requests from ever more addresses. */

import { createRateLimiter } from "../../../src/limits/rate-limit.ts";
import { microsOf } from "./timing.ts";

export interface Limited {
  /** A take. */
  readonly micros: number;
  /** What its table takes after that. */
  readonly heapMiB: number;
}

/**
 * Addresses in turn, so fast that no bucket is full again: the worst there is for the table. `heapUsed` must collect
 * garbage first.
 */
export async function measureRateLimit(
  addresses: number,
  ms: number,
  heapUsed: () => Promise<number>,
): Promise<Limited> {
  const all = createAddresses(addresses);
  const before = await heapUsed();
  const limiter = createRateLimiter({ perSecond: 1, burst: 1e9 });
  let now = 0;
  let next = 0;
  const work = (times: number): number => {
    let refused = 0;
    for (let i = 0; i < times; i += 1) {
      now += 0.001;
      refused += limiter.take(all[next] ?? "", now);
      next = next + 1 === addresses ? 0 : next + 1;
    }
    return refused;
  };
  // Every address was there once.
  work(addresses);
  const micros = microsOf(work, ms);
  // Of a small table nothing is left but noise.
  const heapMiB = Math.max(0, (await heapUsed()) - before) / 1024 ** 2;
  // Both are in use until here.
  if (limiter.size + all.length === 0) throw new Error("nothing was taken");
  return { micros, heapMiB };
}

function createAddresses(count: number): readonly string[] {
  const all = Array.from({ length: count }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  // As map keys they are one piece each, which is not what a template makes of them at first.
  if (new Set(all).size !== count) throw new Error("addresses must differ");
  return all;
}
