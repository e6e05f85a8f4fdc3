/** How long a piece of code takes in a loop of its own, once the runtime has compiled it. */

/** Work done so many times; what it returns depends on all of it, so that nothing is optimised away. */
export type Work = (times: number) => number;

const BATCHES = 5;

/** At least so long it only warms up (ms). */
const WARM_UP = 50;

let sink = 0;

/** Microseconds each time: the median of batches that take about `ms` together. */
export function microsOf(work: Work, ms: number): number {
  let times = 1;
  // Finds out how many fill a batch.
  for (let took = timed(work, times); took < ms / BATCHES; took = timed(work, times)) times *= 2;
  for (const until = performance.now() + WARM_UP; performance.now() < until; ) timed(work, times);
  const batches = Array.from({ length: BATCHES }, () => timed(work, times)).sort((a, b) => a - b);
  return ((batches[Math.floor(BATCHES / 2)] ?? Number.NaN) / times) * 1000;
}

function timed(work: Work, times: number): number {
  const began = performance.now();
  sink += work(times);
  return performance.now() - began;
}

/** What all work returned, to be used once. */
export const used = (): number => sink;
