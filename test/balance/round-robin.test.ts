import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRoundRobin } from "../../src/balance/round-robin.ts";
import { candidates, picks, tally } from "./kit.ts";

describe("round robin", () => {
  it("goes through the list in config order, again and again", () => {
    expect(picks(createRoundRobin(), candidates(1, 1, 1), 7).join(" ")).toBe("u0 u1 u2 u0 u1 u2 u0");
  });

  it("looks at no weights", () => {
    expect(tally(picks(createRoundRobin(), candidates(65_535, 1), 10))).toEqual({ u0: 5, u1: 5 });
  });

  it("never lets two that stay available differ by more than one, whatever the others do", () => {
    const others = fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 80 });
    fc.assert(
      fc.property(
        others,
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 2, maxLength: 2 }),
        (masks, stay) => {
          const balancer = createRoundRobin();
          const all = candidates(1, 1, 1, 1, 1, 1, 1, 1);
          const names = masks.map((mask) => {
            const available = all.filter((_, i) => stay.includes(i) || (mask >> i) & 1);
            return balancer.pick(available, "192.0.2.1").name;
          });
          const counts = tally(names);
          const [first = 0, second = 0] = stay.map((i) => counts[`u${i}`] ?? 0);
          expect(Math.abs(first - second)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it("gives one that comes back a single turn at once, not all that it missed", () => {
    const balancer = createRoundRobin();
    const all = candidates(1, 1, 1);
    picks(balancer, all, 3);
    picks(balancer, all.slice(0, 2), 100);
    expect(picks(balancer, all, 4).join(" ")).toBe("u2 u0 u1 u2");
  });

  it("keeps its order for members that appear later", () => {
    const balancer = createRoundRobin();
    const all = candidates(1, 1, 1, 1);
    expect(picks(balancer, all.slice(2), 2).join(" ")).toBe("u2 u3");
    expect(picks(balancer, all, 4).join(" ")).toBe("u0 u1 u2 u3");
  });
});
