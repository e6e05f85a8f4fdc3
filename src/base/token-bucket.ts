/**
 * Token buckets without timers: a bucket's whole state is the one number that says when it will be full again
 * (as in the GCRA, ITU-T I.371). Time is counted in thousandths of a token, so that taking one adds a whole number and
 * rounding never sums up.
 */

/** `perSecond` 1–1,000,000 tokens a second, at most `burst` (≥ 1) at a time. */
export interface TokenBucketOptions {
  readonly perSecond: number;
  readonly burst: number;
}

export interface TokenBucket {
  /** Takes one token if there is one. `now`: monotonic milliseconds. */
  take(now: number): boolean;
  /** Whole milliseconds (rounded up) until there is a token; 0 when there is one. Takes nothing. */
  readyIn(now: number): number;
  /** Monotonic ms from which there is a token, if none is taken before. */
  readonly readyAt: number;
}

export function createTokenBucket(options: TokenBucketOptions): TokenBucket {
  const { readyIn, readyAt, afterTake } = createBucketRules(options);
  let fullAt = FULL;
  const bucket = {
    readyAt: readyAt(fullAt),
    readyIn: (now: number) => readyIn(fullAt, now),
    take(now: number) {
      if (now < bucket.readyAt) return false;
      fullAt = afterTake(fullAt, now);
      bucket.readyAt = readyAt(fullAt);
      return true;
    },
  };
  return bucket;
}

/** State of a bucket from which nothing was taken. */
export const FULL = Number.NEGATIVE_INFINITY;

/** The arithmetic of all buckets of one size, for those who keep many states. `now`: monotonic milliseconds. */
export interface BucketRules {
  /** Whole milliseconds (rounded up) until a bucket has a token; 0 when it has one. */
  readyIn(fullAt: number, now: number): number;
  /** Monotonic ms from which a bucket has a token. */
  readyAt(fullAt: number): number;
  /** A bucket's state once a token was taken from it: only right when {@link readyIn} is 0. */
  afterTake(fullAt: number, now: number): number;
  /** Whether it is full by now, so that {@link FULL} says the same. */
  isFull(fullAt: number, now: number): boolean;
}

const TOKEN = 1000;

export function createBucketRules({ perSecond, burst }: TokenBucketOptions): BucketRules {
  /** How far ahead a bucket's `fullAt` may be while it has a token. */
  const room = (burst - 1) * TOKEN;
  const readyAt = (fullAt: number): number => (fullAt - room) / perSecond;

  return {
    readyIn(fullAt, now) {
      const at = readyAt(fullAt);
      if (now >= at) return 0;
      const wait = Math.ceil(at - now);
      // A caller that waits exactly this long must get a token, even where a sum was rounded down.
      return now + wait >= at ? wait : wait + 1;
    },
    readyAt,
    afterTake: (fullAt, now) => Math.max(fullAt, now * perSecond) + TOKEN,
    isFull: (fullAt, now) => fullAt <= now * perSecond,
  };
}
