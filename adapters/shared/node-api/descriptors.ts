/** Watches the supply of file descriptors, and pauses listeners while it is short. */

/** A source of descriptors to probe with. */
export interface DescriptorSource {
  /** Throws when none is left; the error's `code` says why. */
  open(): number;
  close(descriptor: number): void;
  /** Calls `look` every `ms`, without keeping the process alive. */
  every(ms: number, look: () => void): void;
}

/** A listener that can stop accepting connections for a while. */
export interface Acceptor {
  /** Whether it accepts until the very last descriptor, as the admin port does, so that an operator can still look. */
  readonly essential: boolean;
  pause(): void;
  /** May throw; it is then called again later. */
  resume(): void;
}

export interface Descriptors {
  /** Whether none is left right now. */
  areUsedUp(): boolean;
  /** Pauses `acceptor` while descriptors are short. The returned function ends that. */
  watch(acceptor: Acceptor): () => void;
  /** Pauses an acceptor that failed to accept; it resumes like the others. */
  failed(acceptor: Acceptor): void;
}

/** Most descriptors held in reserve, for upstreams of running requests, for files and for the admin port. */
const MAX_RESERVE = 16;
/** The reserve is at most this fraction (one in …) of the descriptors that are free at the start. */
const RESERVE_FRACTION = 4;
/** Essential acceptors resume when this many can be opened, after there was none. */
const ENOUGH_FOR_ESSENTIAL = 4;
/** Milliseconds between two probes. */
const PROBE_INTERVAL = 100;

const USED_UP: ReadonlySet<string> = new Set(["EMFILE", "ENFILE"]);

/** How many can be opened: more than the reserve, a part of it, none. */
type Supply = "plenty" | "short" | "none";

/**
 * Holds up to {@link MAX_RESERVE} descriptors open as a reserve. When no further one can be opened, the reserve is
 * closed, so that running requests can go on, and listeners pause. They resume once the reserve and half as many more
 * can be opened.
 *
 * Descriptors are probed by opening them, not counted: that costs some microseconds, whatever their number, and needs
 * no `/proc`. Nothing is opened before the first listener. Where the source can open none at all, only listeners that
 * fail pause.
 *
 * @param eager whether to probe for a shortage before a listener or a connection has failed: for runtimes whose
 *   listeners do not fail
 */
export function createDescriptors(source: DescriptorSource, eager = true): Descriptors {
  const acceptors = new Set<Acceptor>();
  const paused = new Set<Acceptor>();
  const reserve: number[] = [];
  let reserveSize = 0;
  let supply: Supply = "plenty";
  let isProbing = false;

  /** Opens up to `count`; fewer when no more are left. Throws where the source can't open any. */
  function open(count: number): number[] {
    const opened: number[] = [];
    try {
      while (opened.length < count) opened.push(source.open());
    } catch (error) {
      if (!isUsedUp(error)) throw error;
    }
    return opened;
  }

  function close(opened: number[]): void {
    for (const descriptor of opened.splice(0)) source.close(descriptor);
  }

  function isNoneLeft(): boolean {
    try {
      const opened = open(1);
      const none = opened.length === 0;
      close(opened);
      return none;
    } catch {
      return false;
    }
  }

  function areUsedUp(): boolean {
    const none = isNoneLeft();
    if (none && supply === "plenty") enter("short");
    return none;
  }

  function supplyNow(): Supply {
    if (supply === "plenty") return eager && isNoneLeft() ? "short" : "plenty";
    const enough = reserveSize + Math.ceil(reserveSize / 2);
    const opened = open(enough);
    const count = opened.length;
    if (count === enough) reserve.push(...opened.splice(0, reserveSize));
    close(opened);
    if (count === enough) return "plenty";
    return count === 0 || (supply === "none" && count < ENOUGH_FOR_ESSENTIAL) ? "none" : "short";
  }

  function enter(now: Supply): void {
    supply = now;
    if (supply !== "plenty") close(reserve);
    for (const acceptor of acceptors) {
      if (supply === "none" || (supply === "short" && !acceptor.essential)) pause(acceptor);
      else resume(acceptor);
    }
  }

  function pause(acceptor: Acceptor): void {
    if (paused.has(acceptor)) return;
    paused.add(acceptor);
    acceptor.pause();
  }

  function resume(acceptor: Acceptor): void {
    if (!paused.has(acceptor)) return;
    try {
      acceptor.resume();
      paused.delete(acceptor);
    } catch {
      // The next probe tries again.
    }
  }

  function begin(): void {
    if (isProbing) return;
    isProbing = true;
    try {
      const opened = open(MAX_RESERVE * RESERVE_FRACTION);
      reserveSize = Math.floor(opened.length / RESERVE_FRACTION);
      reserve.push(...opened.splice(0, reserveSize));
      close(opened);
    } catch {
      // Nothing can be opened here: only acceptors that fail pause.
    }
    source.every(PROBE_INTERVAL, () => enter(supplyNow()));
  }

  return {
    areUsedUp,
    watch(acceptor) {
      begin();
      acceptors.add(acceptor);
      return () => {
        acceptors.delete(acceptor);
        paused.delete(acceptor);
      };
    },
    failed(acceptor) {
      if (!acceptors.has(acceptor)) return;
      pause(acceptor);
      // The failure itself may have freed a descriptor, so one that can be opened proves nothing.
      if (supply === "plenty") enter("short");
    },
  };
}

function isUsedUp(error: unknown): boolean {
  return error instanceof Error && "code" in error && USED_UP.has(String(error.code));
}
