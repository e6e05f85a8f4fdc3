/**
 * Deadlines with a timer each. Where a timer belongs to the request that set it, as on edge workers, one request's end
 * must not take the deadlines of others with it: there they can't share the wheel of `deadlines.ts`, which is cheaper.
 */

import type { Clock } from "./clock.ts";
import type { Deadlines } from "./deadlines.ts";

/** Deadlines that fire on time. Moving one later is an assignment: its timer goes on when it fires. */
export function createOwnDeadlines(clock: Pick<Clock, "now" | "after">): Deadlines {
  let size = 0;

  function start(ms: number, expire: () => void) {
    /** Infinity while cancelled. */
    let due = Number.POSITIVE_INFINITY;
    let timedFor = Number.POSITIVE_INFINITY;
    let stopTimer: (() => void) | undefined;

    function time(): void {
      timedFor = due;
      stopTimer = clock.after(Math.max(1, Math.ceil(due - clock.now())), () => {
        stopTimer = undefined;
        if (clock.now() < due) return time();
        end();
        expire();
      });
    }

    function end(): void {
      due = Number.POSITIVE_INFINITY;
      size -= 1;
      stopTimer?.();
      stopTimer = undefined;
    }

    function restart(later: number): void {
      if (due === Number.POSITIVE_INFINITY) size += 1;
      due = clock.now() + later;
      if (stopTimer !== undefined && timedFor <= due) return;
      stopTimer?.();
      time();
    }

    restart(ms);
    return {
      restart,
      cancel() {
        if (due !== Number.POSITIVE_INFINITY) end();
      },
    };
  }

  return {
    start,
    get size() {
      return size;
    },
  };
}
