/** Who is next: the interface that every strategy implements, one file each. */

import type { Clock, Random } from "../base/clock.ts";

export interface BalancerDeps {
  readonly random: Random;
  readonly clock: Pick<Clock, "now">;
}

/** One upstream as a group's strategy sees it. The same object stands for it as long as the group lives. */
export interface Candidate {
  readonly name: string;
  /** Its place among the members of its group: 0, 1, … */
  readonly index: number;
  /** 1–65535. */
  readonly weight: number;
  /** Requests that this upstream is serving now, from all groups. */
  readonly inFlight: number;
  /** When it came back from being open, cooling or down (monotonic ms): from then on it gets more and more of its share. */
  readonly backAt: number;
}

export interface Balancer {
  /**
   * Chooses among those available now.
   *
   * @param available not empty, in config order; a subset of the group's members that may differ at every call. An array
   *   that is given again holds what it held, each with the `backAt` that it had
   * @param clientAddress IP address of the client, as text
   */
  pick<C extends Candidate>(available: readonly C[], clientAddress: string): C;
  /** Told once of every attempt that ended, for strategies that learn. */
  settled?(candidate: Candidate, result: AttemptResult): void;
}

/** What an attempt taught about its upstream. */
export interface AttemptResult {
  /**
   * A 2xx answer whose body came whole; `undefined` when the end says nothing about the upstream (the client left
   * first, a 4xx).
   */
  readonly success: boolean | undefined;
  /** Milliseconds to the first body byte of a 2xx answer. */
  readonly firstByteMs?: number | undefined;
}
