/** A count of what happened lately, in fixed memory: of the last 10 s, and of up to one slot more. */

/** How far back it reaches (ms). */
const WINDOW = 10_000;

/** Width of a slot (ms). */
const SLOT = 100;

/** All slots of the window, and the one that is being filled. */
const SLOTS = WINDOW / SLOT + 1;

/** `now`: monotonic milliseconds, which only go forward. */
export interface SlidingCount {
  /** @param n @default 1 */
  add(now: number, n?: number): void;
  /** What is less than 10 s old is in it, what is older than 10.1 s is not. */
  total(now: number): number;
  clear(): void;
}

export function createSlidingCount(): SlidingCount {
  const slots = new Float64Array(SLOTS);
  let current = Number.NEGATIVE_INFINITY;
  let sum = 0;

  function clear(): void {
    slots.fill(0);
    sum = 0;
  }

  /** Empties the slots that time has passed over. */
  function moveTo(now: number): void {
    const slot = Math.floor(now / SLOT);
    if (slot - current >= SLOTS) clear();
    else for (let passed = current + 1; passed <= slot; passed += 1) empty(passed % SLOTS);
    current = slot;
  }

  function empty(place: number): void {
    sum -= slots[place] ?? 0;
    slots[place] = 0;
  }

  return {
    add(now, n = 1) {
      moveTo(now);
      const place = current % SLOTS;
      slots[place] = (slots[place] ?? 0) + n;
      sum += n;
    },
    total(now) {
      moveTo(now);
      return sum;
    },
    clear,
  };
}
