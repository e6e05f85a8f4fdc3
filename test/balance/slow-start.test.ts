import { describe, expect, it } from "vitest";
import { createBalancer } from "../../src/balance/create.ts";
import { shareAt } from "../../src/balance/slow-start.ts";
import type { Strategy } from "../../src/config/config.ts";
import { candidate, picks, tally } from "./kit.ts";

/** A seeded random source (Park and Miller). */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}

describe("slow start", () => {
  it("goes from a tenth to all of a share in ten seconds", () => {
    expect(shareAt(5_000, 5_000)).toBe(0.1);
    expect(shareAt(5_000, 10_000)).toBeCloseTo(0.55);
    expect(shareAt(5_000, 15_000)).toBe(1);
    expect(shareAt(Number.NEGATIVE_INFINITY, 0)).toBe(1);
  });

  it("gives a newcomer its part of its share by weight, and all of it at the end", () => {
    const part = (share: number): number => {
      const balancer = createBalancer("weighted_roundrobin", { random: lehmer(7) });
      const two = [candidate("old"), candidate("new", 1, 0, share)];
      return (tally(picks(balancer, two, 4000))["new"] ?? 0) / 4000;
    };
    expect(part(0.1)).toBeGreaterThan(0.03);
    expect(part(0.1)).toBeLessThan(0.08);
    expect(part(0.55)).toBeGreaterThan(0.22);
    expect(part(0.55)).toBeLessThan(0.33);
    expect(part(1)).toBe(0.5);
  });

  it("does not flood the one with the fewest requests, which a newcomer always is", () => {
    const balancer = createBalancer("least_requests", { random: lehmer(3) });
    const two = [candidate("old", 1, 20), candidate("new", 1, 0, 0.1)];
    const got = tally(picks(balancer, two, 2000))["new"] ?? 0;
    expect(got).toBeGreaterThan(140);
    expect(got).toBeLessThan(260);
  });

  it("does not flood the fastest when it comes back", () => {
    const balancer = createBalancer("response_aware", { random: lehmer(5) });
    const [old, fast] = [candidate("old"), candidate("new")];
    for (let i = 0; i < 20; i += 1) {
      balancer.settled?.(old, { success: true, firstByteMs: 900 });
      balancer.settled?.(fast, { success: true, firstByteMs: 10 });
    }
    const before = tally(picks(balancer, [old, fast], 1000))["new"] ?? 0;
    fast.share = 0.1;
    const after = tally(picks(balancer, [old, fast], 1000))["new"] ?? 0;
    expect(before).toBeGreaterThan(900);
    expect(after).toBeLessThan(180);
    expect(after).toBeGreaterThan(40);
  });

  it.each<Strategy>(["weighted_roundrobin", "least_requests", "response_aware"])(
    "asks %s for the only one there is, however cold",
    (strategy) => {
      const balancer = createBalancer(strategy, { random: () => 0.999 });
      expect(balancer.pick([candidate("new", 1, 0, 0.1)], "192.0.2.1").name).toBe("new");
    },
  );
});
