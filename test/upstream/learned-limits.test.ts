import { describe, expect, it } from "vitest";
import { createLearnedLimits, MAX_SCOPES } from "../../src/upstream/learned-limits.ts";

describe("a learned limit", () => {
  it("holds for its scope until it ends, and for no other", () => {
    const limits = createLearnedLimits();
    limits.limit(1, 5_000, 1_000);
    expect(limits.availableIn(1, 1_000)).toBe(5_000);
    expect(limits.availableIn(2, 1_000)).toBe(0);
    expect(limits.availableIn(1, 5_999)).toBe(1);
    expect(limits.availableIn(1, 6_000)).toBe(0);
  });

  it("lasts ten minutes at most", () => {
    const limits = createLearnedLimits();
    limits.limit(1, 86_400_000, 0);
    expect(limits.availableIn(1, 0)).toBe(600_000);
  });

  it("is not shortened by a later, shorter one", () => {
    const limits = createLearnedLimits();
    limits.limit(1, 60_000, 0);
    limits.limit(1, 1_000, 10_000);
    expect(limits.availableIn(1, 10_000)).toBe(50_000);
  });

  it("of no time is none", () => {
    const limits = createLearnedLimits();
    limits.limit(1, 0, 5);
    expect(limits.until).toBe(Number.NEGATIVE_INFINITY);
    expect(limits.count(5)).toBe(0);
  });

  it("is reported when the last end moves, and counted while it holds", () => {
    const ends: number[] = [];
    const limits = createLearnedLimits(() => ends.push(limits.until));
    limits.limit(1, 100, 0);
    limits.limit(2, 50, 0);
    limits.limit(3, 200, 0);
    expect(ends).toEqual([100, 200]);
    expect([0, 50, 100, 200].map((now) => limits.count(now))).toEqual([3, 2, 1, 0]);
  });
});

describe("learned limits are bounded", () => {
  it("the oldest is forgotten when all still hold", () => {
    const limits = createLearnedLimits();
    for (let scope = 0; scope <= MAX_SCOPES; scope += 1) limits.limit(scope, 1_000, 0);
    expect(limits.count(0)).toBe(MAX_SCOPES);
    expect(limits.availableIn(0, 0)).toBe(0);
    expect(limits.availableIn(1, 0)).toBe(1_000);
    expect(limits.availableIn(MAX_SCOPES, 0)).toBe(1_000);
  });

  it("those that are over are forgotten first", () => {
    const limits = createLearnedLimits();
    limits.limit(-1, 10_000, 0);
    for (let scope = 0; scope < MAX_SCOPES - 1; scope += 1) limits.limit(scope, 1_000, 0);
    limits.limit(MAX_SCOPES, 1_000, 2_000);
    expect(limits.availableIn(-1, 2_000)).toBe(8_000);
    expect(limits.count(2_000)).toBe(2);
  });
});
