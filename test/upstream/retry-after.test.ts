import { describe, expect, it } from "vitest";
import { retryAfterOf } from "../../src/upstream/retry-after.ts";

const now = Date.UTC(2026, 0, 1, 0, 0, 0);

describe("Retry-After", () => {
  it.each([
    ["3", 3000],
    ["0.5", 500],
    ["0", 0],
    [" 7 ", 7000],
    ["Thu, 01 Jan 2026 00:00:10 GMT", 10_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["86400", 600_000],
    ["Fri, 01 Jan 2027 00:00:00 GMT", 600_000],
    ["soon", undefined],
    ["", undefined],
    ["-1", undefined],
  ])("%j is %s ms", (value, ms) => {
    expect(retryAfterOf([["retry-after", value]], now)).toBe(ms);
  });

  it("is undefined when there is none", () => {
    expect(retryAfterOf([["x", "1"]], now)).toBeUndefined();
  });
});
