import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryAfterOf } from "../../src/retry/retry-after.ts";

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
    // Durations with units.
    ["40s", 40_000],
    ["1m30s", 90_000],
    ["500ms", 500],
    ["1.5s", 1500],
    ["1h", 600_000],
    ["0s", 0],
    ["2m0.25s", 120_250],
    ["1500us", 1.5],
    ["30 seconds", 30_000],
    ["1 Minute 5 secs", 65_000],
    ["2min", 120_000],
    ["-5s", 0],
    // ISO 8601 durations.
    ["PT30S", 30_000],
    ["PT1M30.5S", 90_500],
    ["pt2m", 120_000],
    ["P1D", 600_000],
    ["P0DT0H0M7S", 7000],
    ["-PT5S", 0],
    // Dates with zones, and ISO 8601.
    ["Thu, 01 Jan 2026 00:00:10 +0000", 10_000],
    ["Thu, 01 Jan 2026 00:00:10 -0000", 10_000],
    ["Thu, 01 Jan 2026 00:00:10 UTC", 10_000],
    ["Thu, 01 Jan 2026 00:00:10 Z", 10_000],
    ["Thu, 01 Jan 2026 00:00:10", 10_000],
    ["Thu, 1 Jan 2026 00:00:10 GMT", 10_000],
    ["01 Jan 2026 00:00:10 GMT", 10_000],
    ["Thu, 01 Jan 2026 01:00:10 +0100", 10_000],
    ["Wed, 31 Dec 2025 16:00:10 -08:00", 10_000],
    ["Thu, 01 Jan 2026 00:00:10 +0100", 0],
    ["thu, 01 jan 2026 00:00:10 gmt", 10_000],
    ["2026-01-01T00:00:10Z", 10_000],
    ["2026-01-01T00:00:10.250Z", 10_250],
    ["2026-01-01t00:00:10z", 10_000],
    ["2026-01-01T01:00:10+01:00", 10_000],
    ["2026-01-01T00:00:10+0000", 10_000],
    ["2026-01-01T00:00:10", 10_000],
    ["2026-01-01 00:00:10.500000000 +0000 UTC", 10_500],
    ["2026-01-01 00:00:10", 10_000],
    ["2026-01-01T00:01Z", 60_000],
    ["20260101T000010Z", 10_000],
    ["2025-12-31T00:00:00Z", 0],
    ["Thu Jan  1 00:00:10 UTC 2026", 10_000],
    ["Thu Jan 01 2026 01:00:10 GMT+0100 (Central European Standard Time)", 10_000],
    ["Friday, 01-Jan-99 00:00:10 GMT", 0],
    // Unix times.
    [String(now / 1000 + 10), 10_000],
    [String(now / 1000 + 10.5), 10_500],
    [String(now + 10), 10],
    [String(now / 1000 - 10), 0],
    // Quotes, spaces, signs.
    ['"30"', 30_000],
    ["'30'", 30_000],
    ['" 30 "', 30_000],
    ['"Thu, 01 Jan 2026 00:00:10 GMT"', 10_000],
    ["+30", 30_000],
    ["030", 30_000],
    ["30.0", 30_000],
    [".5", 500],
    ["-1", 0],
    ["-0000", 0],
    // Values that were joined to one: the longest counts.
    ["30, 30", 30_000],
    ["30,30", 30_000],
    ["5, 30, 10s", 30_000],
    ["5, soon", 5000],
    ["30, Thu, 01 Jan 2026 00:00:10 GMT", 30_000],
    ["Thu, 01 Jan 2026 00:00:10 GMT, Thu, 01 Jan 2026 00:00:20 GMT", 20_000],
    ['"30", "40"', 40_000],
    // Neither.
    ["soon", undefined],
    ["", undefined],
    ["  ", undefined],
    ['""', undefined],
    [",", undefined],
    ["s", undefined],
    ["30x", undefined],
    ["30 30", undefined],
    ["5s1m", undefined],
    ["5s5s", undefined],
    ["P", undefined],
    ["PT", undefined],
    ["P1DT", undefined],
    ["0x10", undefined],
    ["NaN", undefined],
    ["Infinity", undefined],
    ["--5", undefined],
    ["1.2.3", undefined],
    ["2026-13-01T00:00:00Z", undefined],
    ["2026-02-30T00:00:00Z", undefined],
    ["2026-01-01T25:00:00Z", undefined],
    ["Thu, 01 Foo 2026 00:00:10 GMT", undefined],
    ["Thu, 01 Jan 2026 00:00:10 XYZ", undefined],
    ["Thu, 01 Jan 2026", undefined],
    ["null", undefined],
    ["9".repeat(400), undefined],
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
    ["retry-after-ms with a unit", 503, { "retry-after-ms": "1.5s", "retry-after": "2" }, 1500],
    ["a limit that is over", 429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "-3" }, 0],
    ["a limit in ISO 8601", 429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "PT9S" }, 9000],
    ["nonsense", 429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "later" }, undefined],
    ["an empty field", 429, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "" }, undefined],
  ] as const)("%s", (_name, status, fields, ms) => {
    expect(retryAfterOf(Object.entries(fields), status, now)).toBe(ms);
  });

  it("is the longer of two fields", () => {
    const fields = [
      ["retry-after", "5"],
      ["retry-after", "30"],
    ] as const;
    expect(retryAfterOf(fields, 503, now)).toBe(30_000);
  });

  it("is within ten minutes or undefined, whatever a server sends", () => {
    const word = fc.constantFrom(
      ..."PT|30|s|m|ms|1|.5|-|+|e9|, |GMT|Thu|Jan|2026|00:00:10|-01-01T|Z|\"|'|(| |9999999999|h|D|99".split(
        "|",
      ),
    );
    const made = fc.array(word, { maxLength: 12 }).map((words) => words.join(""));
    const long = fc.tuple(word, fc.integer({ min: 1, max: 3000 })).map(([text, times]) => text.repeat(times));
    fc.assert(
      fc.property(
        fc.oneof(made, long, fc.string({ unit: "binary" }), fc.double().map(String), fc.date().map(String)),
        fc.constantFrom("retry-after", "retry-after-ms", "x-ratelimit-reset"),
        (value, name) => {
          const ms = retryAfterOf(
            [
              [name, value],
              ["x-ratelimit-remaining", "0"],
            ],
            429,
            now,
          );
          if (ms === undefined) return;
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThanOrEqual(600_000);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is what a date says, in each of the ways to write it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 599 }), (seconds) => {
        const date = new Date(now + seconds * 1000);
        const [day, time] = date.toISOString().replace(".000Z", "").split("T");
        const ways = [
          date.toUTCString(),
          date.toUTCString().replace("GMT", "-0000"),
          date.toString(),
          date.toISOString(),
          `${day} ${time}`,
          `${day}T${time}+00:00`,
          String(date.getTime()),
          String(date.getTime() / 1000),
          `${Math.floor(seconds / 60)}m${seconds % 60}s`,
          `PT${seconds}S`,
        ];
        for (const way of ways)
          expect([way, retryAfterOf([["retry-after", way]], 503, now)]).toEqual([way, seconds * 1000]);
      }),
    );
  });

  it("is undefined when there is none", () => {
    expect(retryAfterOf([["x", "1"]], 429, now)).toBeUndefined();
  });
});
