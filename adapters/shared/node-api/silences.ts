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
  /** It is over; safe to call again. */
  end(): void;
  isOver(): boolean;
}

/** In a list of its own: it is added and removed once for each request. */
interface Entry {
  readonly began: number;
  readonly onLong: (began: number) => void;
  before: Entry | undefined;
  after: Entry | undefined;
}

/** @param patience milliseconds, the same for all: so they become long in the order in which they began */
export function createSilences(patience: number, { now, after }: SilenceClock): Silences {
  let first: Entry | undefined;
  let last: Entry | undefined;
  let isTimed = false;

  function add(onLong: Entry["onLong"]): Entry {
    const entry: Entry = { began: now(), onLong, before: last, after: undefined };
    if (last === undefined) first = entry;
    else last.after = entry;
    last = entry;
    return entry;
  }

  function remove(entry: Entry): void {
    if (entry.before === undefined) first = entry.after;
    else entry.before.after = entry.after;
    if (entry.after === undefined) last = entry.before;
    else entry.after.before = entry.before;
    entry.before = undefined;
    entry.after = undefined;
  }

  function schedule(ms: number): void {
    isTimed = true;
    after(ms, () => {
      isTimed = false;
      sweep(now());
    });
  }

  function sweep(at: number): void {
    while (first !== undefined && at - first.began >= patience) {
      const entry = first;
      remove(entry);
      entry.onLong(entry.began);
    }
    if (first !== undefined) schedule(patience - (at - first.began));
  }

  return {
    begin(onLong) {
      let isOver = false;
      let isListed = true;
      const entry = add((began) => {
        isListed = false;
        onLong(began);
      });
      if (!isTimed) schedule(patience);
      return {
        end() {
          if (isListed) remove(entry);
          isListed = false;
          isOver = true;
        },
        isOver: () => isOver,
      };
    },
  };
}
