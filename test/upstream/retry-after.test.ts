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
    ["Thu Jan  1 00:00:10 2026", 10_000],
    ["Thursday, 01-Jan-26 00:00:10 GMT", 10_000],
    ["Thu, 01 Jan 2026 00:00:10 +0100", undefined],
    ["soon", undefined],
    ["", undefined],
    ["-1", undefined],
  ])("%j is %s ms", (value, ms) => {
    expect(retryAfterOf([["retry-after", value]], 500, now)).toBe(ms);
  });

  it.each([
    ["retry-after-ms is more exact", 503, { "retry-after-ms": "1500.5", "retry-after": "2" }, 1500.5],
    ["one that can't be read gives way", 503, { "retry-after-ms": "soon", "retry-after": "2" }, 2000],
    [
      "a used-up limit says when it is refilled",
      429,
      { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s" },
      360_000,
    ],
    [
      "one that is not used up says nothing",
      429,
      { "x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "6m0s" },
      undefined,
    ],
    ["a limit of unknown rest says nothing", 429, { "x-ratelimit-reset-tokens": "6m0s" }, undefined],
    [
      "the limits count only for 429 and 503",
      500,
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "5" },
      undefined,
    ],
    [
      "the limits don't count beside Retry-After",
      429,
      { "retry-after": "soon", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "5" },
      undefined,
    ],
    [
      "the longest of the used-up limits counts",
      503,
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "20ms",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "2m59.5s",
      },
      179_500,
    ],
    ["hours", 429, { "x-ratelimit-remaining-a": "0", "x-ratelimit-reset-a": "1h2m3.5s" }, 600_000],
    ["plain seconds", 429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "0.5" }, 500],
    ["Unix time", 429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1000 + 7) }, 7000],
    ["Unix time in ms", 429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now + 7) }, 7],
    [
      "Anthropic's names",
      429,
      {
        "anthropic-ratelimit-tokens-remaining": "0",
        "anthropic-ratelimit-tokens-reset": "2026-01-01T00:00:09Z",
      },
      9000,
    ],
    ["nonsense", 429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "later" }, undefined],
    ["an empty field", 429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "" }, undefined],
  ] as const)("%s", (_name, status, fields, ms) => {
    expect(retryAfterOf(Object.entries(fields), status, now)).toBe(ms);
  });

  it("is undefined when there is none", () => {
    expect(retryAfterOf([["x", "1"]], 429, now)).toBeUndefined();
  });
});
