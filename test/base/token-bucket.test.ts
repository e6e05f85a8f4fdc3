import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBucketRules, createTokenBucket, FULL } from "../../src/base/token-bucket.ts";

const options = fc
  .record({ perSecond: fc.integer({ min: 1, max: 1_000_000 }), more: fc.nat(50) })
  .map(({ perSecond, more }) => ({ perSecond, burst: 1 + more }));
/** Any moment of a process that runs for a hundred days. */
const start = fc.double({ min: 0, max: 8.64e9, noNaN: true });
/** Gaps between calls (ms); many are 0, as of a clock that stalls. */
const gaps = fc.array(
  fc.oneof(
    fc.constant(0),
    fc.double({ min: 0, max: 2, noNaN: true }),
    fc.double({ min: 0, max: 5000, noNaN: true }),
    fc.nat(100),
  ),
  { maxLength: 150 },
);

/** Takes as often as there is a call; returns the moments at which there was a token. */
function taken(bucket: { take(now: number): boolean }, times: readonly number[]): readonly number[] {
  return times.filter((now) => bucket.take(now));
}

function moments(from: number, waits: readonly number[]): readonly number[] {
  let now = from;
  return waits.map((wait) => {
    now += wait;
    return now;
  });
}

describe("a token bucket", () => {
  it("is full at first", () => {
    const bucket = createTokenBucket({ perSecond: 1, burst: 3 });
    expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([true, true, true, false]);
  });

  it("gets a token every 1/perSecond, neither earlier nor later", () => {
    const bucket = createTokenBucket({ perSecond: 10, burst: 1 });
    const times = [0, 99, 99.999, 100, 199, 200, 300, 399.9, 400];
    expect(taken(bucket, times)).toEqual([0, 100, 200, 300, 400]);
  });

  it("holds at most its burst, however long it rests", () => {
    const bucket = createTokenBucket({ perSecond: 1000, burst: 2 });
    bucket.take(0);
    expect([1e9, 1e9, 1e9].map((now) => bucket.take(now))).toEqual([true, true, false]);
  });

  it("says in whole milliseconds when the next token is there", () => {
    const bucket = createTokenBucket({ perSecond: 3, burst: 2 });
    expect(bucket.readyIn(0)).toBe(0);
    bucket.take(0);
    expect(bucket.readyIn(0)).toBe(0);
    bucket.take(0);
    expect(bucket.readyIn(0)).toBe(334);
    expect(bucket.readyIn(333)).toBe(1);
    expect(bucket.readyIn(334)).toBe(0);
  });

  it("never gives more than burst + rate × time in any window", () => {
    fc.assert(
      fc.property(options, start, gaps, (limit, from, waits) => {
        const times = taken(createTokenBucket(limit), moments(from, waits));
        for (const [i, first] of times.entries()) {
          for (let j = i; j < times.length; j += 1) {
            const window = (times[j] ?? first) - first;
            expect(j - i + 1).toBeLessThanOrEqual(limit.burst + (window * limit.perSecond) / 1000 + 0.01);
          }
        }
      }),
    );
  });

  it("never refuses a client that stays below the rate", () => {
    fc.assert(
      fc.property(options, start, gaps, (limit, from, waits) => {
        const bucket = createTokenBucket(limit);
        const interval = 1000 / limit.perSecond;
        // What a moment late in the process' life is rounded by.
        const rounding = 1e-5;
        const times = moments(
          from,
          waits.map((wait) => wait + interval + rounding),
        );
        expect(taken(bucket, times)).toEqual(times);
      }),
    );
  });

  it("gives a token to whoever waits as long as it said, and 0 means now", () => {
    fc.assert(
      fc.property(options, start, gaps, (limit, from, waits) => {
        const bucket = createTokenBucket(limit);
        for (const now of moments(from, waits)) {
          const wait = bucket.readyIn(now);
          expect(Number.isInteger(wait)).toBe(true);
          expect(bucket.readyIn(now + wait)).toBe(0);
          expect(now >= bucket.readyAt).toBe(wait === 0);
          expect(bucket.take(now)).toBe(wait === 0);
        }
      }),
    );
  });

  it("allows for sums that are rounded", () => {
    // 19.544… + 88 is a little less than the moment at which the token is there.
    const bucket = createTokenBucket({ perSecond: 10, burst: 1 });
    bucket.take(7.544283363503332);
    const now = 19.544283363503332;
    expect(bucket.readyAt - now).toBe(88);
    expect(bucket.take(now + 88)).toBe(false);
    expect(bucket.readyIn(now)).toBe(89);
  });

  it("does not drift: asking too often gives exactly the rate, also after a year", () => {
    const bucket = createTokenBucket({ perSecond: 7, burst: 2 });
    const from = 3.2e10;
    let count = 0;
    for (let i = 0; i <= 200_000; i += 1) if (bucket.take(from + i * 10.1)) count += 1;
    expect(count).toBe(2 + Math.floor((200_000 * 10.1 * 7) / 1000));
  });

  it("gives nothing extra to a clock that stalls or goes back", () => {
    const bucket = createTokenBucket({ perSecond: 1000, burst: 5 });
    expect(taken(bucket, [100, 50, 0, 100, 100, 0, 100, 100, 100, 50])).toEqual([100, 100, 100, 100, 100]);
    expect(bucket.readyIn(100)).toBe(1);
  });
});

describe("the rules of buckets", () => {
  it("know a bucket that is full again", () => {
    const rules = createBucketRules({ perSecond: 10, burst: 4 });
    expect(rules.isFull(FULL, 0)).toBe(true);
    const used = rules.afterTake(rules.afterTake(FULL, 1000), 1000);
    expect(rules.isFull(used, 1199)).toBe(false);
    expect(rules.isFull(used, 1200)).toBe(true);
  });
});
