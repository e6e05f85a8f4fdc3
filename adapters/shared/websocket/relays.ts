/** The WebSockets that a listener's clients have open. */
export interface Relays {
  /** @returns tells that it is over */
  add(relay: Relay): () => void;
  /** Resolves when none is left. */
  empty(): Promise<void>;
  /** Has all of them closed with 1001; resolves when they are, or after a second at most. */
  closeAll(): Promise<void>;
}

export interface Relay {
  /** Closes both sides with 1001, and what is left of them after `grace` (ms) without. */
  goAway(grace: number): void;
}

/** Milliseconds that clients and upstreams have to answer the last close. */
const GRACE = 1_000;

export function createRelays(): Relays {
  const running = new Set<Relay>();
  let waiting: (() => void)[] = [];

  function empty(): Promise<void> {
    return running.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
  }

  return {
    add(relay) {
      running.add(relay);
      return () => {
        running.delete(relay);
        if (running.size > 0) return;
        for (const wake of waiting) wake();
        waiting = [];
      };
    },
    empty,
    closeAll() {
      for (const relay of running) relay.goAway(GRACE);
      return empty();
    },
  };
}
