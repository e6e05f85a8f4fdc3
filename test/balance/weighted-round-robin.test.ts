import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWeightedRoundRobin } from "../../src/balance/weighted-round-robin.ts";
import { candidate, candidates, picks, tally } from "./kit.ts";

const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 });

describe("weighted round robin", () => {
  it("is smooth: weights 5, 1, 1 give a a b a c a a", () => {
    const available = [candidate("a", 5), candidate("b"), candidate("c")];
    expect(picks(createWeightedRoundRobin(), available, 14).join(" ")).toBe("a a b a c a a a a b a c a a");
  });

  it("gives each exactly its weight in every round of the weights' sum", () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 3 }), (each, rounds) => {
        const all = candidates(...each);
        const sum = each.reduce((a, b) => a + b, 0);
        const balancer = createWeightedRoundRobin();
        for (let round = 0; round < rounds; round += 1) {
          const counts = tally(picks(balancer, all, sum));
          expect(all.map(({ name }) => counts[name])).toEqual(each);
        }
      }),
    );
  });

  it("is never further from the fair share than one pick for each member", () => {
    fc.assert(
      fc.property(weights, fc.nat(200), (each, count) => {
        const all = candidates(...each);
        const sum = each.reduce((a, b) => a + b, 0);
        const counts = tally(picks(createWeightedRoundRobin(), all, count));
        for (const { name, weight } of all) {
          expect(Math.abs((counts[name] ?? 0) - (count * weight) / sum)).toBeLessThanOrEqual(all.length);
        }
      }),
    );
  });

  it("keeps the weights among those that stay while one is away", () => {
    const balancer = createWeightedRoundRobin();
    const all = candidates(3, 9, 1);
    picks(balancer, all, 5);
    const counts = tally(picks(balancer, [...all.slice(0, 1), ...all.slice(2)], 400));
    expect(Math.abs((counts["u0"] ?? 0) - 300)).toBeLessThanOrEqual(3);
  });

  it("lets nobody claim back what was missed", () => {
    const balancer = createWeightedRoundRobin();
    const all = candidates(1, 1);
    picks(balancer, all, 3);
    picks(balancer, all.slice(0, 1), 1000);
    const counts = tally(picks(balancer, all, 10));
    expect(counts).toEqual({ u0: 5, u1: 5 });
  });
});
