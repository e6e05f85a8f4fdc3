/** What a conformance case is: a fault, the moment it strikes, the kind of request, and what has to be seen of it. */

import type { Behaviour } from "../support/fault-upstream.ts";
import type { ProgramName } from "../support/program-command.ts";

export const MOMENTS = [
  "before head",
  "after head",
  "before first token",
  "mid-stream",
  "after the last event",
] as const;
export type Moment = (typeof MOMENTS)[number];

export const KINDS = ["unary", "stream", "upload"] as const;
/** `upload`: 9 MiB to an endpoint that changes something: too large to be kept, and not safe to repeat. */
export type Kind = (typeof KINDS)[number];

/**
 * `alone`: one upstream, no retry. `retry`: round robin over the faulty one and a good one, with `retry`. `failover`: the
 * same two in order, without `retry`.
 */
export const SETTINGS = ["alone", "retry", "failover"] as const;
export type Setting = (typeof SETTINGS)[number];

/** An address at which nothing HTTP ever happens. */
export type Address = "refused" | "no answer to connect" | "plain text instead of TLS" | "no such name";

export interface Expected {
  /** Status, the proxy's own code if any, and how the body ended: `502 upstream_reset whole`, `200 cut`, `none`. */
  readonly client: string;
  /** Attempts that the answer tells of, and requests seen at the faulty and at the good upstream: `2 (1, 1)`. */
  readonly attempts: string;
  /** `error` label of the faulty upstream's attempt; `-` for none. */
  readonly error: string;
  /** What its breaker counted: `success`, `failure`, or `-`. */
  readonly breaker: string;
  /** Seconds after which the answer has ended. */
  readonly seconds: number;
}

export interface Case {
  readonly fault: string;
  readonly moment: Moment;
  readonly kind: Kind;
  /** How the faulty upstream behaves, or where it is not. */
  readonly upstream: Behaviour | Address;
  readonly expected: Readonly<Record<Setting, Expected>>;
  /** What the client of the next request sees, where that is to be looked at. */
  readonly next?: Readonly<Record<Setting, string>>;
  /** Where a runtime can't, what is seen instead, and why. */
  readonly except?: Partial<Record<ProgramName, Exception>>;
}

export interface Exception {
  readonly why: string;
  readonly expected: Partial<Readonly<Record<Setting, Partial<Expected>>>>;
}
