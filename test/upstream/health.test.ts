import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHealth } from "../../src/upstream/health.ts";

/** The state after each result; `!` where that result changed it. */
function states(counts: { readonly healthy: number; readonly unhealthy: number }) {
  const health = createHealth(counts);
  return (...results: readonly boolean[]) =>
    results.map((well) => `${health.checked(well) ? "!" : ""}${health.isUp ? "up" : "down"}`);
}

describe("health", () => {
  it("is up before the first check", () => {
    expect(createHealth({ healthy: 10, unhealthy: 1 }).isUp).toBe(true);
  });

  it("is down after three failures in a row, up after two successes", () => {
    const follow = states({ healthy: 2, unhealthy: 3 });
    expect(follow(false, false, true, false, false)).toEqual(["up", "up", "up", "up", "up"]);
    expect(follow(false, false, true, false, true, true)).toEqual([
      "!down",
      "down",
      "down",
      "down",
      "down",
      "!up",
    ]);
  });

  it("follows every result where one is enough", () => {
    expect(states({ healthy: 1, unhealthy: 1 })(true, false, false, true, true)).toEqual([
      "up",
      "!down",
      "down",
      "!up",
      "up",
    ]);
  });

  it("begins to count afresh when it has changed", () => {
    const follow = states({ healthy: 2, unhealthy: 2 });
    expect(follow(false, false, true, true, false, false)).toEqual([
      "up",
      "!down",
      "down",
      "!up",
      "up",
      "!down",
    ]);
  });

  it("changes exactly when the last results in a row all speak against it, whatever came before", () => {
    const count = fc.integer({ min: 1, max: 10 });
    fc.assert(
      fc.property(count, count, fc.array(fc.boolean(), { maxLength: 100 }), (healthy, unhealthy, results) => {
        const health = createHealth({ healthy, unhealthy });
        let isUp = true;
        let since = 0;
        for (const [i, well] of results.entries()) {
          const needed = isUp ? unhealthy : healthy;
          const last = results.slice(since, i + 1).slice(-needed);
          const changes = last.length === needed && last.every((one) => one !== isUp);
          if (changes) [isUp, since] = [!isUp, i + 1];
          expect(health.checked(well)).toBe(changes);
          expect(health.isUp).toBe(isUp);
        }
      }),
    );
  });
});
