import type { SilenceClock } from "./silences.ts";

/** The real clock. */
export const clock: SilenceClock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
