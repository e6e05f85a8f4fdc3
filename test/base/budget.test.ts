import { describe, expect, it } from "vitest";
import { createBudget } from "../../src/base/budget.ts";

describe("the budget of kept bytes", () => {
  it("gives what is free, to the last byte, and takes back", () => {
    const budget = createBudget(10);
    expect(budget.reserve(6)).toBe(true);
    expect(budget.reserve(5)).toBe(false);
    expect(budget.reserve(4)).toBe(true);
    expect(budget.used).toBe(10);
    expect(budget.reserve(1)).toBe(false);
    budget.release(6);
    expect(budget.used).toBe(4);
    expect(budget.reserve(6)).toBe(true);
  });
});
