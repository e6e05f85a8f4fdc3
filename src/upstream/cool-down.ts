/** For how long an upstream is left alone because it asked for that, or because it refuses our credentials. */

/** `now`: monotonic milliseconds. */
export interface CoolDown {
  /** Milliseconds until it is over; 0 when there is none. */
  availableIn(now: number): number;
  /** Leaves it alone for at least `ms`, up to 600,000; what lasts longer already is not shortened. */
  cool(ms: number, now: number): void;
  /**
   * It refused our own credentials: 60 s, and twice as long with every refusal after that, up to 600 s. Refusals of
   * requests that were still running teach nothing new.
   */
  refused(now: number): void;
  /**
   * It took our credentials: the next refusal counts as the first.
   *
   * @param begunAt when that request was begun: one from before a refusal proves nothing
   */
  accepted(begunAt: number): void;
  /** When the last one is or was over; -Infinity when there was none. */
  readonly until: number;
}

const LONGEST = 600_000;

const FIRST_REFUSAL = 60_000;

/** @param onChange told after `until` may have changed */
export function createCoolDown(onChange: (now: number) => void = () => {}): CoolDown {
  let refusals = 0;
  let refusedAt = Number.NEGATIVE_INFINITY;
  let refusedUntil = Number.NEGATIVE_INFINITY;

  const coolDown = {
    until: Number.NEGATIVE_INFINITY,
    availableIn: (now: number) => Math.max(0, coolDown.until - now),
    cool(ms: number, now: number) {
      if (ms <= 0) return;
      coolDown.until = Math.max(coolDown.until, now + Math.min(LONGEST, ms));
      onChange(now);
    },
    refused(now: number) {
      if (now < refusedUntil) return;
      const ms = Math.min(LONGEST, FIRST_REFUSAL * 2 ** refusals);
      refusals += 1;
      refusedAt = now;
      refusedUntil = now + ms;
      coolDown.cool(ms, now);
    },
    accepted(begunAt: number) {
      if (begunAt > refusedAt) refusals = 0;
    },
  };
  return coolDown;
}
