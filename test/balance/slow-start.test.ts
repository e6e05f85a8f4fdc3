import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Balancer, Candidate } from "../../src/balance/balancer.ts";
import { chosen } from "../../src/balance/chosen.ts";
import { createBalancer } from "../../src/balance/create.ts";
import { shareAt, withSlowStart } from "../../src/balance/slow-start.ts";
import type { Strategy } from "../../src/config/config.ts";
import { candidate, picks, type TestCandidate, tally } from "./kit.ts";

/** Now, in ms. */
const NOW = 100_000;
const clock = { now: () => NOW };

/** One that has so much of its share by {@link NOW}. */
function newcomer(share: number): TestCandidate {
  return candidate("new", 1, 0, NOW - ((share - 0.1) / 0.9) * 10_000);
}

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
      const balancer = createBalancer("weighted_roundrobin", { random: lehmer(7), clock });
      const two = [candidate("old"), newcomer(share)];
      return (tally(picks(balancer, two, 4000))["new"] ?? 0) / 4000;
    };
    expect(part(0.1)).toBeGreaterThan(0.03);
    expect(part(0.1)).toBeLessThan(0.08);
    expect(part(0.55)).toBeGreaterThan(0.22);
    expect(part(0.55)).toBeLessThan(0.33);
    expect(part(1)).toBe(0.5);
  });

  it("does not flood the one with the fewest requests, which a newcomer always is", () => {
    const balancer = createBalancer("least_requests", { random: lehmer(3), clock });
    const two = [candidate("old", 1, 20), newcomer(0.1)];
    const got = tally(picks(balancer, two, 2000))["new"] ?? 0;
    expect(got).toBeGreaterThan(140);
    expect(got).toBeLessThan(260);
  });

  it("does not flood the fastest when it comes back", () => {
    const balancer = createBalancer("response_aware", { random: lehmer(5), clock });
    const [old, fast] = [candidate("old"), candidate("new")];
    for (let i = 0; i < 20; i += 1) {
      balancer.settled?.(old, { success: true, firstByteMs: 900 });
      balancer.settled?.(fast, { success: true, firstByteMs: 10 });
    }
    const before = tally(picks(balancer, [old, fast], 1000))["new"] ?? 0;
    fast.backAt = NOW;
    const after = tally(picks(balancer, [old, fast], 1000))["new"] ?? 0;
    expect(before).toBeGreaterThan(900);
    expect(after).toBeLessThan(180);
    expect(after).toBeGreaterThan(40);
  });

  it("goes by the time of each pick, also among the same array", () => {
    let now = NOW;
    const balancer = createBalancer("weighted_roundrobin", { random: lehmer(9), clock: { now: () => now } });
    const two = [candidate("old"), newcomer(0.1)];
    const parts = [0, 5_000, 9_999, 10_000, 60_000].map((passed) => {
      now = NOW + passed;
      return (tally(picks(balancer, two, 1000))["new"] ?? 0) / 1000;
    });
    for (const [i, expected] of [0.05, 0.275, 0.5, 0.5, 0.5].entries()) {
      expect(Math.abs((parts[i] ?? 0) - expected)).toBeLessThan(0.03);
    }
  });

  it("leaves out exactly those that drew too high, whatever their order", () => {
    const draws = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
      minLength: 6,
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0.1, 0.55, 1), { minLength: 6, maxLength: 6 }),
        draws,
        (shares, all) => {
          const group = shares.map((share) => newcomer(share));
          const drawn = [...all];
          const offered: (readonly Candidate[])[] = [];
          const inner: Balancer = {
            pick(available) {
              offered.push(available);
              return chosen(available[0]);
            },
          };
          withSlowStart(inner, { random: () => drawn.shift() ?? 0, clock }).pick(group, "192.0.2.1");
          let next = 0;
          const taking = group.filter((_, i) => {
            if (shares[i] === 1) return true;
            next += 1;
            return (all[next - 1] ?? 0) < shareAt(group[i]?.backAt ?? 0, NOW);
          });
          expect(offered).toEqual([taking.length === 0 ? group : taking]);
        },
      ),
    );
  });

  it.each<Strategy>(["weighted_roundrobin", "least_requests", "response_aware"])(
    "asks %s for the only one there is, however cold",
    (strategy) => {
      const balancer = createBalancer(strategy, { random: () => 0.999, clock });
      expect(balancer.pick([newcomer(0.1)], "192.0.2.1").name).toBe("new");
    },
  );
});
