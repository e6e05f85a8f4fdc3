/** Waiting with a deadline, so that a test that hangs says for what. */

/** Milliseconds; the one clock of clients and upstreams, so that their times can be compared. */
export const now = (): number => performance.now();

/** Rejects with what was waited for when `promise` takes longer than `ms`. */
export async function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks again, every few milliseconds, until `check` gives something other than undefined or false.
 * For what has no event: another process's state.
 */
export async function eventually<T>(
  check: () => T | undefined | false | Promise<T | undefined | false>,
  ms: number,
  what: string,
): Promise<T> {
  const until = now() + ms;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (now() > until) throw new Error(`${what}: not within ${ms} ms`);
    await pause(5);
  }
}

/** Lets time pass where time itself is the subject: a gap between two chunks, a window in which nothing may happen. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A promise with its hands outside. */
export interface Latch<T> {
  readonly promise: Promise<T>;
  open(value: T): void;
}

export function createLatch<T>(): Latch<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, open: (value) => resolve(value) };
}

/** Wakes those who wait for a condition over something that changes by events. */
export interface Changes {
  changed(): void;
  /** Resolves as soon as `check` gives something after a change; rejects after `ms`. */
  until<T>(check: () => T | undefined | false, ms: number, what: string): Promise<T>;
}

export function createChanges(): Changes {
  const listeners = new Set<() => void>();
  return {
    changed() {
      for (const listener of listeners) listener();
    },
    until(check, ms, what) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          listeners.delete(look);
          reject(new Error(`${what}: not within ${ms} ms`));
        }, ms);
        const look = (): void => {
          try {
            const value = check();
            if (value === undefined || value === false) return;
            resolve(value);
          } catch (error) {
            reject(error);
          }
          listeners.delete(look);
          clearTimeout(timer);
        };
        listeners.add(look);
        look();
      });
    },
  };
}

/** Things to undo, last first. One that fails does not keep the others from being undone. */
export interface Scope {
  defer(undo: () => unknown): void;
  close(): Promise<void>;
}

export function createScope(): Scope {
  const undos: (() => unknown)[] = [];
  return {
    defer: (undo) => undos.push(undo),
    async close() {
      const errors: unknown[] = [];
      for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
        try {
          await undo();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw new AggregateError(errors, "not everything could be cleaned up");
    },
  };
}
