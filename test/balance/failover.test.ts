import { describe, expect, it } from "vitest";
import { createFailover } from "../../src/balance/failover.ts";
import { candidates, picks } from "./kit.ts";

describe("failover", () => {
  it("stays with the first that is available and returns to it", () => {
    const balancer = createFailover();
    const all = candidates(1, 9, 1);
    expect(picks(balancer, all, 3).join(" ")).toBe("u0 u0 u0");
    expect(picks(balancer, all.slice(1), 2).join(" ")).toBe("u1 u1");
    expect(picks(balancer, all, 1).join(" ")).toBe("u0");
  });

  it("doesn't look at the load", () => {
    const all = candidates(1, 1);
    for (const first of all.slice(0, 1)) first.inFlight = 10_000;
    expect(picks(createFailover(), all, 1).join(" ")).toBe("u0");
  });
});
