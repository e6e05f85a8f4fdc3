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

export const KINDS = ["unary", "stream", "upload", "small upload"] as const;
/**
 * `unary` and `stream`: chat completions, safe to repeat. `upload`: 9 MiB to an endpoint that changes something: too
 * large to be kept, and not safe to repeat. `small upload`: kept, and not safe to repeat.
 */
export type Kind = (typeof KINDS)[number];

/**
 * `alone`: one upstream, no retry. `retry`: round robin over the faulty one and a good one, with `retry`. `failover`: the
 * same two in order, without `retry`. `exhausted`: round robin over two that are faulty alike, with one retry.
 */
export const SETTINGS = ["alone", "retry", "failover", "exhausted"] as const;
export type Setting = (typeof SETTINGS)[number];

/** An address at which nothing HTTP ever happens. */
export type Address =
  | "refused"
  | "no answer to connect"
  | "plain text instead of TLS"
  | "untrusted certificate"
  | "no such name";

/** Resolves when the client has got all that the upstream sent, or when it will not get it before the upstream goes on. */
export type Cue = () => Promise<void>;

export interface Expected {
  /** Status, the proxy's own code if any, Retry-After if any, and how the body ended: `502 upstream_reset whole`. */
  readonly client: string;
  /** Attempts that the answer tells of, and requests that each upstream got, the faulty one first: `2 (1, 1)`. */
  readonly attempts: string;
  /** `error` label of the faulty upstream's failures, `×` how many of them; `-` for none. */
  readonly error: string;
  /** What its breaker counted: `success` or `failure`, `×` how often; `-` for nothing. */
  readonly breaker: string;
  /** Its state afterwards. @default "up" */
  readonly state?: "open" | "cooling";
  /** Seconds after which the answer has ended. */
  readonly seconds: number;
}

export interface Case {
  readonly fault: string;
  readonly moment: Moment;
  readonly kind: Kind;
  /** How the faulty upstream behaves, or where it is not. */
  readonly upstream: ((cue: Cue) => Behaviour) | Address;
  /** The bytes of its body that a client gets to whom its answer is passed on, or what they begin with. */
  readonly body: string;
  readonly endless: boolean;
  /** The settings in which it is run. */
  readonly expected: Readonly<Partial<Record<Setting, Expected>>>;
  /** What the client of the next request sees and who is asked, where that is to be looked at. */
  readonly next?: Readonly<Partial<Record<Setting, string>>>;
  /** Requests that come one after the other; what the last one's client sees counts. @default 1 */
  readonly times?: number;
  /** More of the group's `timeout`, as a YAML flow mapping's inside. */
  readonly timeouts?: string;
  /** Where a runtime can't, what is seen instead, and why. */
  readonly except?: Partial<Record<ProgramName, Exception>>;
}

export interface Exception {
  readonly why: string;
  readonly expected: Readonly<Partial<Record<Setting, Partial<Expected>>>>;
}

/** One case in one setting. */
export interface Run {
  readonly case: Case;
  readonly setting: Setting;
}

/** What has to be seen of a run on one program. */
export function expectedOf({ case: one, setting }: Run, program: ProgramName): Expected {
  const expected = one.expected[setting];
  if (expected === undefined) throw new Error(`${one.fault} is not run in ${setting}`);
  return { ...expected, ...one.except?.[program]?.expected[setting] };
}
