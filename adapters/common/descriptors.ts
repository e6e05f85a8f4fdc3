/** Whether the process has file descriptors left, and who has to stop accepting connections when it does not. */

/** Opens and closes descriptors. */
export interface DescriptorSource {
  /** Throws when none is left; the `code` of what it throws says why. */
  open(): number;
  close(descriptor: number): void;
  /** Calls `look` every `ms` from now on, without keeping the process alive. */
  every(ms: number, look: () => void): void;
}

/** A listener as far as descriptors concern it. */
export interface Acceptor {
  /** Whether it goes on until the very last descriptor: an operator has to see what is going on. */
  readonly essential: boolean;
  pause(): void;
  /** Called again after a while when it throws. */
  resume(): void;
}

export interface Descriptors {
  /** Whether not one is left right now. */
  areUsedUp(): boolean;
  /** Has `acceptor` pause while descriptors are short. Returns what ends that. */
  watch(acceptor: Acceptor): () => void;
  /** Pauses `acceptor`, which has failed by itself; it resumes like the others. */
  failed(acceptor: Acceptor): void;
}

/** Most descriptors kept back from accepting, for upstreams of running requests, for files and for the admin port. */
const MOST_SPARE = 16;
/** They are at most this part of what is there at the start. */
const SPARE_PART = 4;
/** So many are enough for the admin port to go on once there was none. */
const FEW = 4;
const LOOK_MS = 100;

const USED_UP: ReadonlySet<string> = new Set(["EMFILE", "ENFILE"]);

/** How many are left: more than the spare ones, some of them, none. */
type Supply = "plenty" | "short" | "none";

/**
 * Keeps up to {@link MOST_SPARE} descriptors open. When one more can't be opened, they are closed, so that what is running
 * can go on, and listeners pause. Once they can be had again, and half as many more, listeners resume.
 *
 * Descriptors are tried and not counted: that costs some microseconds, whatever their number, and needs no `/proc`.
 * Nothing is opened before there is a listener. Where the source opens none at all, nothing pauses by itself.
 *
 * @param eager whether to look for a shortage before a listener or a connection has failed, for a runtime whose listeners
 *   don't fail
 */
export function createDescriptors(source: DescriptorSource, eager = true): Descriptors {
  const acceptors = new Set<Acceptor>();
  const paused = new Set<Acceptor>();
  const spare: number[] = [];
  let wanted = 0;
  let supply: Supply = "plenty";
  let isLooking = false;

  /** Opens up to `count`; fewer when no more are left, or when the source opens none. */
  function take(count: number): number[] {
    const taken: number[] = [];
    try {
      while (taken.length < count) taken.push(source.open());
    } catch (error) {
      if (!isUsedUp(error)) throw error;
    }
    return taken;
  }

  function giveBack(taken: number[]): void {
    for (const descriptor of taken.splice(0)) source.close(descriptor);
  }

  function isNoneLeft(): boolean {
    try {
      const taken = take(1);
      const none = taken.length === 0;
      giveBack(taken);
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
    const enough = wanted + Math.ceil(wanted / 2);
    const taken = take(enough);
    const count = taken.length;
    if (count === enough) spare.push(...taken.splice(0, wanted));
    giveBack(taken);
    if (count === enough) return "plenty";
    return count === 0 || (supply === "none" && count < FEW) ? "none" : "short";
  }

  function enter(now: Supply): void {
    supply = now;
    if (supply !== "plenty") giveBack(spare);
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
      // It is tried again at the next look.
    }
  }

  function begin(): void {
    if (isLooking) return;
    isLooking = true;
    try {
      const there = take(MOST_SPARE * SPARE_PART);
      wanted = Math.floor(there.length / SPARE_PART);
      spare.push(...there.splice(0, wanted));
      giveBack(there);
    } catch {
      // Nothing can be opened here: then only what fails by itself pauses.
    }
    source.every(LOOK_MS, () => enter(supplyNow()));
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
      // What failed may have freed a descriptor: that there is one says nothing.
      if (supply === "plenty") enter("short");
    },
  };
}

function isUsedUp(error: unknown): boolean {
  return error instanceof Error && "code" in error && USED_UP.has(String(error.code));
}
