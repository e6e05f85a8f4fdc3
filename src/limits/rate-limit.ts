/** How many requests a client address may send: a token bucket for each, in a table that can't outgrow its bound. */

import { networkOf } from "../base/ip-address.ts";
import { createBucketRules, FULL } from "../base/token-bucket.ts";
import type { RateLimitConfig } from "../config/config.ts";
import { type Bucket, createBucketHeap } from "./bucket-heap.ts";

export interface RateLimiter {
  /**
   * Takes a token of this client's; IPv6 clients share one bucket per /64.
   *
   * @param address the client's IP address as text
   * @param now monotonic milliseconds
   * @returns 0 when allowed, otherwise whole milliseconds (rounded up) until a token is there
   */
  take(address: string, now: number): number;
  /** Buckets in the table. */
  readonly size: number;
}

export interface RateLimiterOptions {
  /** Buckets that are kept at most. @default 65536 */
  readonly maxKeys?: number;
}

/** Full buckets that one call drops at most: more than it can add, so that the table shrinks at a steady cost. */
const SWEEP = 2;

/**
 * A bucket that is full again is dropped: a new one would be the same. When the table has no place although none of its
 * buckets is full, a new client takes over the fullest of them as it is (the rule of the space-saving algorithm
 * of Metwally et al.). So no client's count is ever forgotten: flooding the table from many addresses gives no address
 * more than `burst + perSecond × time`, and what it costs newcomers is the little that was missing in that bucket.
 */
export function createRateLimiter(
  config: RateLimitConfig,
  { maxKeys = 65_536 }: RateLimiterOptions = {},
): RateLimiter {
  const rules = createBucketRules(config);
  const buckets = new Map<string, Bucket>();
  const heap = createBucketHeap();

  function dropFull(now: number): void {
    for (let i = 0; i < SWEEP; i += 1) {
      const fullest = heap.top();
      if (fullest === undefined || !rules.isFull(fullest.fullAt, now)) return;
      drop(fullest);
    }
  }

  function drop(fullest: Bucket): void {
    heap.removeTop();
    buckets.delete(fullest.key);
  }

  function takeKnown(bucket: Bucket, now: number): number {
    const wait = rules.readyIn(bucket.fullAt, now);
    if (wait > 0) return wait;
    bucket.fullAt = rules.afterTake(bucket.fullAt, now);
    heap.grown(bucket);
    return 0;
  }

  function takeNew(key: string, now: number): number {
    const displaced = heap.size >= maxKeys ? heap.top() : undefined;
    const before = displaced?.fullAt ?? FULL;
    const wait = rules.readyIn(before, now);
    if (wait > 0) return wait;
    if (displaced !== undefined) drop(displaced);
    const bucket = { key, fullAt: rules.afterTake(before, now), place: 0 };
    heap.add(bucket);
    buckets.set(key, bucket);
    return 0;
  }

  return {
    take(address, now) {
      dropFull(now);
      const key = networkOf(address);
      const bucket = buckets.get(key);
      return bucket === undefined ? takeNew(key, now) : takeKnown(bucket, now);
    },
    get size() {
      return heap.size;
    },
  };
}
