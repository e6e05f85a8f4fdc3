/** The bound on all bytes that are kept in memory at once: bodies for a second try, answers read whole. */
export interface Budget {
  /** Takes `bytes` when they are free. */
  reserve(bytes: number): boolean;
  /** Gives back what {@link reserve} took. */
  release(bytes: number): void;
  readonly used: number;
}

export function createBudget(limit: number): Budget {
  let used = 0;
  return {
    reserve(bytes) {
      if (used + bytes > limit) return false;
      used += bytes;
      return true;
    },
    release(bytes) {
      used -= bytes;
    },
    get used() {
      return used;
    },
  };
}
