import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTokenBucket } from "../../src/base/token-bucket.ts";
import { createRateLimiter } from "../../src/limits/rate-limit.ts";

const client = (i: number): string => `10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`;

describe("the rate limiter", () => {
  it("gives each address its own burst, then says how long to wait", () => {
    const limiter = createRateLimiter({ perSecond: 10, burst: 2 });
    expect([0, 0, 0].map((now) => limiter.take("192.0.2.1", now))).toEqual([0, 0, 100]);
    expect(limiter.take("192.0.2.2", 0)).toBe(0);
    expect(limiter.take("192.0.2.1", 99)).toBe(1);
    expect(limiter.take("192.0.2.1", 100)).toBe(0);
  });

  it("counts all addresses of an IPv6 /64 as one client, however they are written", () => {
    const limiter = createRateLimiter({ perSecond: 1, burst: 2 });
    expect(limiter.take("2001:db8:0:1::1", 0)).toBe(0);
    expect(limiter.take("2001:DB8::1:ffff:0:0:9", 0)).toBe(0);
    expect(limiter.take("2001:db8:0:1:2:3:4:5", 0)).toBe(1000);
    expect(limiter.take("2001:db8:0:2::1", 0)).toBe(0);
  });

  it("counts an IPv4-mapped address as the IPv4 address", () => {
    const limiter = createRateLimiter({ perSecond: 1, burst: 1 });
    expect(limiter.take("192.0.2.1", 0)).toBe(0);
    expect(limiter.take("::ffff:192.0.2.1", 0)).toBe(1000);
    expect(limiter.take("::ffff:192.0.2.2", 0)).toBe(0);
  });

  it("treats every address as a token bucket of its own", () => {
    const calls = fc.array(fc.tuple(fc.nat(4), fc.oneof(fc.constant(0), fc.nat(400))), { maxLength: 200 });
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 20 }), fc.nat(5), (made, perSecond, more) => {
        const limit = { perSecond, burst: perSecond + more };
        const limiter = createRateLimiter(limit);
        const buckets = new Map([0, 1, 2, 3, 4].map((i) => [i, createTokenBucket(limit)]));
        let now = 0;
        for (const [who, wait] of made) {
          now += wait;
          const expected = buckets.get(who)?.readyIn(now);
          buckets.get(who)?.take(now);
          expect(limiter.take(client(who), now)).toBe(expected);
        }
      }),
    );
  });

  it("keeps no bucket that is full again", () => {
    const limiter = createRateLimiter({ perSecond: 1, burst: 10 });
    for (let i = 0; i < 100; i += 1) limiter.take(client(i), 0);
    expect(limiter.size).toBe(100);
    // Two are dropped a call, and the caller's own comes back.
    for (let i = 0; i < 50; i += 1) limiter.take(client(1000), 2000 + i);
    expect(limiter.size).toBe(1);
  });

  it("keeps a bucket that is not full, whatever was dropped around it", () => {
    const limiter = createRateLimiter({ perSecond: 1, burst: 5 });
    for (let i = 0; i < 5; i += 1) limiter.take(client(7), 0);
    for (let i = 100; i < 200; i += 1) limiter.take(client(i), 0);
    for (let i = 200; i < 400; i += 1) limiter.take(client(i), 1500);
    expect(limiter.take(client(7), 1500)).toBe(0);
    expect(limiter.take(client(7), 1500)).toBe(500);
  });

  it("holds 65,536 buckets at most", () => {
    const limiter = createRateLimiter({ perSecond: 1, burst: 100 });
    for (let i = 0; i < 70_000; i += 1) expect(limiter.take(client(i), 0)).toBe(0);
    expect(limiter.size).toBe(65_536);
  });

  it("forgets nobody's requests when its table is flooded", () => {
    const limiter = createRateLimiter({ perSecond: 1, burst: 10 }, { maxKeys: 50 });
    for (let i = 0; i < 10; i += 1) expect(limiter.take("192.0.2.1", 0)).toBe(0);
    for (let i = 0; i < 400; i += 1) limiter.take(client(i), 0);
    expect(limiter.size).toBe(50);
    expect(limiter.take("192.0.2.1", 0)).toBe(1000);
  });

  it("gives no address more than burst + rate × time, however many others ask", () => {
    const calls = fc.array(fc.tuple(fc.nat(12), fc.oneof(fc.constant(0), fc.nat(300))), { maxLength: 300 });
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 6 }), (made, maxKeys) => {
        const limit = { perSecond: 4, burst: 6 };
        const limiter = createRateLimiter(limit, { maxKeys });
        const allowed = new Map<number, number[]>();
        let now = 0;
        for (const [who, wait] of made) {
          now += wait;
          const times = allowed.get(who) ?? [];
          allowed.set(who, times);
          if (limiter.take(client(who), now) === 0) times.push(now);
          expect(limiter.size).toBeLessThanOrEqual(maxKeys);
          for (const [i, first] of times.entries()) {
            const most = limit.burst + ((now - first) * limit.perSecond) / 1000;
            expect(times.length - i).toBeLessThanOrEqual(most + 1e-6);
          }
        }
      }),
    );
  });

  it("lets a newcomer to a full table in at the cost of the fullest bucket", () => {
    const limiter = createRateLimiter({ perSecond: 1, burst: 3 }, { maxKeys: 2 });
    for (const who of [1, 2, 1, 1]) limiter.take(client(who), 0);
    // Takes over what client 2 left: two tokens.
    expect([3, 3, 3].map((who) => limiter.take(client(who), 0))).toEqual([0, 0, 1000]);
    expect(limiter.take(client(1), 0)).toBe(1000);
    // Nobody has a token left for client 2, which is new again; nothing changes for that.
    expect(limiter.take(client(2), 0)).toBe(1000);
    expect(limiter.take(client(3), 1000)).toBe(0);
    expect(limiter.size).toBe(2);
  });
});
