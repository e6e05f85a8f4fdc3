import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSlidingCount } from "../../src/base/sliding-count.ts";
import { createRetryBudget } from "../../src/retry/retry-budget.ts";

describe("a sliding count", () => {
  it("has what is less than 10 s old, and nothing that is older than 10.1 s", () => {
    const moments = fc.array(fc.nat(40_000), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(moments, (times) => {
        const count = createSlidingCount();
        const past: number[] = [];
        for (const now of times.sort((a, b) => a - b)) {
          count.add(now);
          past.push(now);
          const young = past.filter((time) => now - time < 10_000).length;
          const notOld = past.filter((time) => now - time <= 10_100).length;
          expect(count.total(now)).toBeGreaterThanOrEqual(young);
          expect(count.total(now)).toBeLessThanOrEqual(notOld);
        }
        expect(count.total(60_000)).toBe(0);
      }),
    );
  });
});

describe("a retry budget", () => {
  it("has thirty retries in ten seconds for a group without requests to speak of", () => {
    const budget = createRetryBudget();
    expect(Array.from({ length: 40 }, () => budget.take(0)).filter(Boolean)).toHaveLength(30);
    expect(budget.has(9_000)).toBe(false);
    expect(budget.has(10_200)).toBe(true);
  });

  it("has one more for every five requests", () => {
    const budget = createRetryBudget();
    for (let i = 0; i < 1000; i += 1) budget.requested(0);
    let taken = 0;
    while (budget.take(1)) taken += 1;
    expect(taken).toBe(230);
  });

  it("never gives more in any ten seconds, whatever the order", () => {
    const steps = fc.array(fc.record({ after: fc.nat(400), isRetry: fc.boolean() }), { maxLength: 400 });
    fc.assert(
      fc.property(steps, (script) => {
        const budget = createRetryBudget();
        const requests: number[] = [];
        const retries: number[] = [];
        let now = 0;
        for (const { after, isRetry } of script) {
          now += after;
          if (!isRetry) {
            budget.requested(now);
            requests.push(now);
          } else if (budget.take(now)) retries.push(now);
          const lately = (times: readonly number[], ms: number) =>
            times.filter((time) => now - time < ms).length;
          expect(lately(retries, 10_000)).toBeLessThanOrEqual(0.2 * lately(requests, 10_101) + 30);
        }
      }),
    );
  });
});
