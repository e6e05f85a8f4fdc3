export interface SilenceClock {
  now(): number;
  after(ms: number, callback: () => void): () => void;
}

/** Requests that are silent: when one has been so for long enough, it is told. One timer serves them all. */
export interface Silences {
  /** @param onLong called once, with when it began, unless it is over by then */
  begin(onLong: (began: number) => void): Silence;
}

export interface Silence {
  end(): void;
  readonly isOver: boolean;
}

interface Entry {
  readonly began: number;
  readonly onLong: (began: number) => void;
}

/** @param patience milliseconds, the same for all: so they become long in the order in which they began */
export function createSilences(patience: number, { now, after }: SilenceClock): Silences {
  const entries = new Set<Entry>();
  let isTimed = false;

  function schedule(ms: number): void {
    isTimed = true;
    after(ms, () => {
      isTimed = false;
      sweep(now());
    });
  }

  function sweep(at: number): void {
    for (const entry of entries) {
      const left = patience - (at - entry.began);
      if (left > 0) {
        schedule(left);
        return;
      }
      entries.delete(entry);
      entry.onLong(entry.began);
    }
  }

  return {
    begin(onLong) {
      const entry = { began: now(), onLong };
      let isOver = false;
      entries.add(entry);
      if (!isTimed) schedule(patience);
      return {
        end() {
          isOver = true;
          entries.delete(entry);
        },
        get isOver() {
          return isOver;
        },
      };
    },
  };
}
