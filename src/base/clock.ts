/** Time and chance, passed in so that tests own them. */
export interface Clock {
  /** Milliseconds that only go forward (`performance.now`). */
  now(): number;
  /** Milliseconds since 1970 (`Date.now`), for what is shown to people and for HTTP dates. */
  wall(): number;
  /** Runs `callback` once after `ms`; the function returned cancels it. */
  after(ms: number, callback: () => void): () => void;
}

/** Uniform in [0, 1), as `Math.random`. */
export type Random = () => number;

/** The real clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
