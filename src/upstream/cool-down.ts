/** The time for which an upstream is passed over: because it asked for that, or refuses the proxy's own credentials. */

/**
 * Why an upstream cools down, for the log. `retry_after`: a 5xx asked for it. `unauthorized`: the third 401 in a row for
 * the proxy's own credentials. `account_empty`, `invalid_key`: what the provider says about them.
 */
export type CoolDownReason = "retry_after" | "unauthorized" | "account_empty" | "invalid_key";

/** `now`: monotonic milliseconds. */
export interface CoolDown {
  /** Milliseconds until it ends; 0 when there is none. */
  availableIn(now: number): number;
  /**
   * Begins or extends a cool-down of `ms`, at most 600,000, that a 5xx asked for. A longer one that is already running is
   * not shortened.
   */
  cool(ms: number, now: number): void;
  /**
   * Records that the proxy's own credentials can't be used (402, no quota, invalid key): cools down for
   * 60 s, doubling with each further refusal to 600 s. Refusals of requests that were already running change nothing.
   * An upstream that some group can't do without is not cooled.
   */
  refused(reason: "account_empty" | "invalid_key", now: number): void;
  /** Records a 401 for the proxy's own credentials. The third in a row, and each one after it, is a refusal. */
  unauthorized(now: number): void;
  /**
   * Records a 2xx for the proxy's own credentials: a row of 401s ends.
   *
   * @param begunAt when that request began. If it began after the last refusal, the next cool-down is 60 s again
   */
  accepted(begunAt: number): void;
  /** When the last cool-down ends or ended; -Infinity when there was none. */
  readonly until: number;
}

/** Longest time for which anything that an upstream says keeps requests away from it (ms). */
export const LONGEST_COOL_DOWN = 600_000;

/** Cool-down after the first refusal (ms). */
const FIRST_REFUSAL = 60_000;

/** A single 401 may be transient, or about one request. This many in a row are about the credentials. */
const UNAUTHORIZED_IN_A_ROW = 3;

export interface CoolDownOptions {
  /** Called after `until` may have changed. */
  readonly onChange?: (now: number) => void;
  /** Called when a cool-down begins, and when refused credentials lengthen one. `ms`: how long it lasts from now. */
  readonly onBegin?: (reason: CoolDownReason, ms: number) => void;
  /** Whether a group would be left without an available upstream. */
  readonly isIndispensable?: (now: number) => boolean;
}

export function createCoolDown({
  onChange = () => {},
  onBegin = () => {},
  isIndispensable = () => false,
}: CoolDownOptions = {}): CoolDown {
  let refusals = 0;
  let refusedAt = Number.NEGATIVE_INFINITY;
  let refusedUntil = Number.NEGATIVE_INFINITY;
  let unauthorizedInARow = 0;

  function begin(reason: CoolDownReason, ms: number, now: number): void {
    const until = now + Math.min(LONGEST_COOL_DOWN, ms);
    if (ms <= 0 || until <= coolDown.until) return;
    // Each 5xx of a burst asks for a little more: that is one cool-down, and one line in the log.
    const isNews = reason !== "retry_after" || coolDown.until <= now;
    coolDown.until = until;
    if (isNews) onBegin(reason, until - now);
    onChange(now);
  }

  function refuse(reason: CoolDownReason, now: number): void {
    if (now < refusedUntil || isIndispensable(now)) return;
    const ms = Math.min(LONGEST_COOL_DOWN, FIRST_REFUSAL * 2 ** refusals);
    refusals += 1;
    refusedAt = now;
    refusedUntil = now + ms;
    begin(reason, ms, now);
  }

  const coolDown = {
    until: Number.NEGATIVE_INFINITY,
    availableIn: (now: number) => Math.max(0, coolDown.until - now),
    cool: (ms: number, now: number) => begin("retry_after", ms, now),
    refused: refuse,
    unauthorized(now: number) {
      unauthorizedInARow += 1;
      if (unauthorizedInARow >= UNAUTHORIZED_IN_A_ROW) refuse("unauthorized", now);
    },
    accepted(begunAt: number) {
      unauthorizedInARow = 0;
      if (begunAt > refusedAt) refusals = 0;
    },
  };
  return coolDown;
}
