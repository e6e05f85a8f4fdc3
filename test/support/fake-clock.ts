import type { Clock } from "../../src/base/clock.ts";

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves time forward, running what falls due on the way, in order. */
  advance(ms: number): Promise<void>;
  /** Timers fire so many milliseconds early, as real ones may. */
  earlyBy: number;
  /** Moves time forward as a busy process does: what falls due runs late, at the next {@link advance}. */
  skip(ms: number): void;
  /** Timers that are waiting. */
  readonly pending: number;
}

export function createFakeClock(wallStart = Date.UTC(2026, 0, 1)): FakeClock {
  let now = 0;
  let nextId = 0;
  const timers = new Map<number, { readonly at: number; readonly callback: () => void }>();

  function nextDue(until: number): number | undefined {
    let best: number | undefined;
    for (const [id, { at }] of timers) {
      if (at <= until && (best === undefined || at < (timers.get(best)?.at ?? 0))) best = id;
    }
    return best;
  }

  const clock: FakeClock = {
    earlyBy: 0,
    now: () => now,
    wall: () => wallStart + now,
    after(ms, callback) {
      const id = nextId;
      nextId += 1;
      timers.set(id, { at: now + ms - clock.earlyBy, callback });
      return () => timers.delete(id);
    },
    async advance(ms) {
      const until = now + ms;
      for (let id = nextDue(until); id !== undefined; id = nextDue(until)) {
        const timer = timers.get(id);
        timers.delete(id);
        if (timer === undefined) continue;
        now = Math.max(now, timer.at);
        timer.callback();
        await settle();
      }
      now = until;
      await settle();
    },
    skip(ms) {
      now += ms;
    },
    get pending() {
      return timers.size;
    },
  };
  return clock;
}

/** Lets all promises that can settle do so: microtasks, and what Node's own streams put behind them. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
