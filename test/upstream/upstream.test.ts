import { describe, expect, it } from "vitest";
import { begin, breaker, check, fail, upstream } from "./upstream-kit.ts";

const LONG_AGO = Number.NEGATIVE_INFINITY;

describe("an upstream", () => {
  it("is back since long ago until it was open, cooling or down", () => {
    const one = upstream({ breaker, maxInFlight: 1 });
    begin(one, 0).settle("failure", 5);
    begin(one, 6).settle("success", 7);
    expect(one.backAt).toBe(LONG_AGO);
  });

  it("is back from a cool-down when that ends", () => {
    const one = upstream();
    one.coolDown.cool(500, 100);
    expect(one.backAt).toBe(600);
  });

  it("is back from being open when a probe has succeeded, not when one may be sent", () => {
    const one = upstream({ breaker });
    one.coolDown.cool(100, 0);
    fail(one, 200);
    // A probe is not to be passed over.
    expect(one.backAt).toBe(LONG_AGO);
    const probe = begin(one, 1_200);
    expect(one.backAt).toBe(LONG_AGO);
    probe.settle("success", 1_300);
    expect(one.backAt).toBe(1_300);
  });

  it("is back from being open also where it is full all the while", () => {
    const one = upstream({ breaker, maxInFlight: 1 });
    begin(one, 0);
    fail(one, 0);
    begin(one, 1_000).settle("success", 1_100);
    expect(one.availableAt).toBe(Number.POSITIVE_INFINITY);
    expect(one.backAt).toBe(1_100);
  });

  it("is back from being down when a check finds it well", () => {
    const one = upstream({ healthCheck: { ...check, healthy: 1, unhealthy: 1 } });
    one.checked(false, 10);
    expect(one.backAt).toBe(LONG_AGO);
    one.checked(true, 20);
    expect(one.backAt).toBe(20);
  });
});
