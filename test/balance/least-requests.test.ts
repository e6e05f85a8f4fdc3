import { describe, expect, it } from "vitest";
import { createLeastRequests } from "../../src/balance/least-requests.ts";
import { seeded } from "../../src/simulator/random.ts";
import { candidate, picks, scripted, tally } from "./kit.ts";

const NO_RANDOM = scripted();

describe("least requests", () => {
  it("picks the one with the fewest requests in flight", () => {
    const available = [candidate("a", 1, 3), candidate("b", 1, 1), candidate("c", 1, 2)];
    expect(picks(createLeastRequests({ random: NO_RANDOM }), available, 2)).toEqual(["b", "b"]);
  });

  it("counts requests in flight per weight", () => {
    const available = [candidate("light", 1, 3), candidate("heavy", 10, 20)];
    expect(picks(createLeastRequests({ random: NO_RANDOM }), available, 1)).toEqual(["heavy"]);
  });

  it("follows the load as it changes", () => {
    const [a, b] = [candidate("a", 1, 1), candidate("b", 1, 2)];
    const balancer = createLeastRequests({ random: NO_RANDOM });
    expect(balancer.pick([a, b], "")).toBe(a);
    a.inFlight = 3;
    expect(balancer.pick([a, b], "")).toBe(b);
  });

  it("chooses uniformly among equals only, also where the equal loads come of different weights", () => {
    const available = [
      candidate("a", 3, 1),
      candidate("busy", 1, 1),
      candidate("b", 6, 2),
      candidate("c", 9, 3),
    ];
    const counts = tally(picks(createLeastRequests({ random: seeded(1) }), available, 9000));
    expect(Object.keys(counts).sort()).toEqual(["a", "b", "c"]);
    for (const count of Object.values(counts)) expect(Math.abs(count - 3000)).toBeLessThan(200);
  });
});
