import { describe, expect, it } from "vitest";
import type { AttemptResult, Balancer, Candidate } from "../../src/balance/balancer.ts";
import { createResponseAware } from "../../src/balance/response-aware.ts";
import { seeded } from "../../src/simulator/random.ts";
import { candidate, picks, scripted, tally } from "./kit.ts";

/** Draws that never explore. */
const never = (): number => 0.99;

function settle(balancer: Balancer, one: Candidate, result: AttemptResult, times = 5): void {
  for (let i = 0; i < times; i += 1) balancer.settled?.(one, result);
}

const ok = (firstByteMs: number): AttemptResult => ({ success: true, firstByteMs });

describe("response aware", () => {
  it("picks the one that answers fastest", () => {
    const balancer = createResponseAware({ random: never });
    const [slow, fast] = [candidate("slow"), candidate("fast")];
    settle(balancer, slow, ok(900));
    settle(balancer, fast, ok(300));
    expect(picks(balancer, [slow, fast], 2)).toEqual(["fast", "fast"]);
  });

  it("averages with a weight of 0.15 for the newest, from 2 s", () => {
    // Five answers of 1000 ms leave 1000 + 1000 × 0.85⁵ = 1443.7 ms.
    const [seen, reference] = [candidate("seen"), candidate("reference")];
    for (const [others, expected] of [
      [1443.8, "seen"],
      [1443.6, "reference"],
    ] as const) {
      const balancer = createResponseAware({ random: never });
      settle(balancer, seen, ok(1000));
      // One that is brought to `others` exactly by its last answer.
      settle(balancer, reference, { success: true }, 4);
      settle(balancer, reference, ok((others - 0.85 * 2000) / 0.15), 1);
      expect(picks(balancer, [seen, reference], 1)).toEqual([expected]);
    }
  });

  it("multiplies by the requests in flight and this one", () => {
    const balancer = createResponseAware({ random: never });
    const [fast, slow] = [candidate("fast"), candidate("slow")];
    settle(balancer, fast, ok(100), 100);
    settle(balancer, slow, ok(350), 100);
    const names = Array.from({ length: 5 }, () => {
      const chosen = balancer.pick([fast, slow], "");
      if (chosen === fast) fast.inFlight += 1;
      else slow.inFlight += 1;
      return chosen.name;
    });
    expect(names).toEqual(["fast", "fast", "fast", "slow", "fast"]);
  });

  it("divides by the success rate, so that failing fast is no way to win", () => {
    const balancer = createResponseAware({ random: never });
    const [fails, works] = [candidate("fails"), candidate("works")];
    settle(balancer, fails, ok(100), 50);
    settle(balancer, works, ok(900), 50);
    settle(balancer, fails, { success: false }, 13);
    // 0.85¹³ = 0.1209 → 827 ms; 0.85¹⁴ = 0.1028 → 973 ms.
    expect(picks(balancer, [fails, works], 1)).toEqual(["fails"]);
    settle(balancer, fails, { success: false }, 1);
    expect(picks(balancer, [fails, works], 1)).toEqual(["works"]);
  });

  it("reckons with a success rate of 0.05 at least", () => {
    const balancer = createResponseAware({ random: never });
    const [dead, slow] = [candidate("dead"), candidate("slow")];
    settle(balancer, dead, ok(100), 100);
    settle(balancer, dead, { success: false }, 1000);
    settle(balancer, slow, ok(1990), 200);
    expect(picks(balancer, [dead, slow], 1)).toEqual(["slow"]);
    settle(balancer, slow, ok(2010), 200);
    expect(picks(balancer, [dead, slow], 1)).toEqual(["dead"]);
  });

  it("learns no speed from failures, and nothing from clients that left but that they were there", () => {
    const balancer = createResponseAware({ random: never });
    const [refuses, steady] = [candidate("refuses"), candidate("steady")];
    settle(balancer, refuses, { success: undefined }, 20);
    settle(balancer, refuses, { success: false, firstByteMs: 1 }, 1);
    settle(balancer, steady, ok(2300), 200);
    // 2000 ÷ 0.85 = 2353: only its success rate moved.
    expect(picks(balancer, [refuses, steady], 1)).toEqual(["steady"]);
    settle(balancer, steady, ok(2400), 200);
    expect(picks(balancer, [refuses, steady], 1)).toEqual(["refuses"]);
  });

  it("tries one with fewer than five samples before scores decide", () => {
    const balancer = createResponseAware({ random: never });
    const [fast, fresh] = [candidate("fast"), candidate("fresh")];
    settle(balancer, fast, ok(1), 100);
    settle(balancer, fresh, ok(5000), 4);
    expect(picks(balancer, [fast, fresh], 2)).toEqual(["fresh", "fresh"]);
    settle(balancer, fresh, ok(5000), 1);
    expect(picks(balancer, [fast, fresh], 1)).toEqual(["fast"]);
  });

  it("counts requests in flight as samples, so that one that hangs gets five and no more", () => {
    const balancer = createResponseAware({ random: never });
    const [fast, hangs] = [candidate("fast"), candidate("hangs")];
    settle(balancer, fast, ok(1), 100);
    const names = Array.from({ length: 8 }, () => {
      const chosen = balancer.pick([fast, hangs], "");
      if (chosen === hangs) hangs.inFlight += 1;
      return chosen.name;
    });
    expect(names.join(" ")).toBe("hangs hangs hangs hangs hangs fast fast fast");
  });

  it("does not send everybody to a newcomer that only refuses or whose clients leave", () => {
    const balancer = createResponseAware({ random: never });
    const [fast, useless] = [candidate("fast"), candidate("useless")];
    settle(balancer, fast, ok(100), 100);
    settle(balancer, useless, { success: undefined }, 5);
    expect(picks(balancer, [fast, useless], 1)).toEqual(["fast"]);
  });

  it("tries the least known newcomer first", () => {
    const balancer = createResponseAware({ random: never });
    const [one, two, three] = [candidate("one"), candidate("two"), candidate("three")];
    settle(balancer, one, ok(1), 2);
    settle(balancer, two, ok(1), 1);
    settle(balancer, three, ok(1), 3);
    expect(picks(balancer, [one, two, three], 1)).toEqual(["two"]);
  });

  it("sends 3 % of the picks to the others, each with the same chance", () => {
    const balancer = createResponseAware({ random: seeded(1) });
    const all = ["a", "b", "c", "d"].map((name) => candidate(name));
    for (const one of all) settle(balancer, one, ok(one.name === "c" ? 1 : 5000));
    const counts = tally(picks(balancer, all, 100_000));
    expect(Math.abs(100_000 - (counts["c"] ?? 0) - 3000)).toBeLessThan(200);
    for (const name of ["a", "b", "d"]) expect(Math.abs((counts[name] ?? 0) - 1000)).toBeLessThan(120);
  });

  it("explores the whole range of others and never the best", () => {
    const all = ["a", "b", "c"].map((name) => candidate(name));
    for (const [draw, expected] of [
      [0, "a"],
      [0.49, "a"],
      [0.5, "c"],
      [0.99, "c"],
    ] as const) {
      const balancer = createResponseAware({ random: scripted(0.0299, draw) });
      for (const one of all) settle(balancer, one, ok(one.name === "b" ? 1 : 5000));
      expect(picks(balancer, all, 1)).toEqual([expected]);
    }
  });

  it("explores neither past newcomers nor where there is no other", () => {
    const balancer = createResponseAware({ random: () => 0.01 });
    const [known, fresh] = [candidate("known"), candidate("fresh")];
    settle(balancer, known, ok(100));
    expect(picks(balancer, [known], 1)).toEqual(["known"]);
    expect(picks(balancer, [known, fresh], 1)).toEqual(["fresh"]);
  });

  it("finds out that a slow one has recovered", () => {
    const random = seeded(2);
    const balancer = createResponseAware({ random });
    const [steady, recovered] = [candidate("steady"), candidate("recovered")];
    settle(balancer, steady, ok(500), 100);
    settle(balancer, recovered, ok(20_000), 100);
    const names = Array.from({ length: 3000 }, () => {
      const chosen = balancer.pick([steady, recovered], "");
      balancer.settled?.(chosen, ok(chosen === recovered ? 100 : 500));
      return chosen.name;
    });
    expect(tally(names.slice(0, 300))["steady"]).toBeGreaterThan(270);
    expect(tally(names.slice(-300))["recovered"]).toBeGreaterThan(270);
  });
});
