/**
 * Deadlines by the thousand from one timer: a wheel of slots, each {@link TICK} wide. A deadline fires at most two
 * ticks late and never early. Moving one is a plain assignment, so that a stream may move its own at every chunk.
 */

import type { Clock } from "./clock.ts";

/** Width of a slot in milliseconds. */
export const TICK = 25;

export interface Deadlines {
  /** Calls `expire` once, `ms` from now, unless the deadline is cancelled or moved. */
  start(ms: number, expire: () => void): Deadline;
  /** Deadlines that are running. */
  readonly size: number;
}

export interface Deadline {
  /** Sets it to `ms` from now, also when it was cancelled or has expired. */
  restart(ms: number): void;
  cancel(): void;
}

interface Entry {
  /** Tick at which it expires; Infinity while cancelled. */
  due: number;
  /** Tick of the slot that holds it, or undefined. It may be earlier than `due`: then it moves on when reached. */
  slot: number | undefined;
  /** Its place in that slot. */
  place: number;
  readonly expire: () => void;
}

export function createDeadlines(clock: Clock): Deadlines {
  const origin = clock.now();
  const slots = new Map<number, Entry[]>();
  let size = 0;
  let reached = 0;
  let stopTimer: (() => void) | undefined;
  let turning = false;

  const currentTick = (): number => Math.floor((clock.now() - origin) / TICK);

  function place(entry: Entry): void {
    const slot = slots.get(entry.due);
    entry.place = slot?.length ?? 0;
    if (slot === undefined) slots.set(entry.due, [entry]);
    else slot.push(entry);
    entry.slot = entry.due;
  }

  function run(): void {
    if (stopTimer !== undefined || turning) return;
    reached = currentTick();
    schedule();
  }

  function schedule(): void {
    stopTimer = clock.after(TICK, () => {
      stopTimer = undefined;
      turning = true;
      try {
        turn();
      } finally {
        turning = false;
        if (size > 0) schedule();
      }
    });
  }

  function turn(): void {
    const now = currentTick();
    while (reached < now && size > 0) {
      reached += 1;
      const slot = slots.get(reached);
      if (slot === undefined) continue;
      slots.delete(reached);
      for (const entry of slot) reach(entry);
    }
    reached = now;
  }

  function reach(entry: Entry): void {
    entry.slot = undefined;
    if (entry.due > reached) {
      if (entry.due !== Number.POSITIVE_INFINITY) place(entry);
      return;
    }
    entry.due = Number.POSITIVE_INFINITY;
    size -= 1;
    entry.expire();
  }

  function set(entry: Entry, ms: number): void {
    if (entry.due === Number.POSITIVE_INFINITY) size += 1;
    entry.due = currentTick() + Math.ceil(ms / TICK) + 1;
    run();
    if (entry.slot === undefined) place(entry);
    else if (entry.slot > entry.due) replace(entry);
  }

  function replace(entry: Entry): void {
    remove(entry);
    place(entry);
  }

  function remove(entry: Entry): void {
    if (entry.slot === undefined) return;
    const slot = slots.get(entry.slot);
    const last = slot?.pop();
    if (last !== undefined && last !== entry && slot !== undefined) {
      slot[entry.place] = last;
      last.place = entry.place;
    }
    if (slot?.length === 0) slots.delete(entry.slot);
    entry.slot = undefined;
  }

  return {
    start(ms, expire) {
      const entry: Entry = { due: Number.POSITIVE_INFINITY, slot: undefined, place: 0, expire };
      set(entry, ms);
      return {
        restart: (later) => set(entry, later),
        cancel() {
          if (entry.due === Number.POSITIVE_INFINITY) return;
          entry.due = Number.POSITIVE_INFINITY;
          size -= 1;
          remove(entry);
          if (size === 0) {
            stopTimer?.();
            stopTimer = undefined;
          }
        },
      };
    },
    get size() {
      return size;
    },
  };
}
