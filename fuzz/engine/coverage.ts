/** Which branches were taken, and how often: an input that shows something new is worth keeping. */

export interface Coverage {
  /** Forgets the counts of the last execution. */
  reset(): void;
  /** Notes what the last execution did; true when it did something that none did before. */
  takeNew(): boolean;
  /** Branches taken so far. */
  readonly branches: number;
}

/** @param hits one counter a branch, of a length that is a multiple of 4; wraps around at 256 */
export function createCoverage(hits: Uint8Array): Coverage {
  const words = new Uint32Array(hits.buffer, hits.byteOffset, hits.length / 4);
  /** A bit for each order of magnitude in which a branch was counted. */
  const seen = new Uint8Array(hits.length);
  let branches = 0;

  return {
    reset: () => void hits.fill(0),
    takeNew() {
      let isNew = false;
      // Most are zero, and four at once are looked at.
      for (let word = 0; word < words.length; word += 1) {
        if (words[word] === 0) continue;
        for (let i = word * 4; i < word * 4 + 4; i += 1) {
          const magnitude = magnitudeOf(hits[i] ?? 0);
          const before = seen[i] ?? 0;
          if ((before & magnitude) === magnitude) continue;
          if (before === 0) branches += 1;
          seen[i] = before | magnitude;
          isNew = true;
        }
      }
      return isNew;
    },
    get branches() {
      return branches;
    },
  };
}

/** 0 for none, else one bit: 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128–255. */
function magnitudeOf(count: number): number {
  if (count < 4) return count === 0 ? 0 : 1 << (count - 1);
  if (count < 32) return 1 << (Math.floor(Math.log2(count)) + 1);
  return count < 128 ? 64 : 128;
}
