/** From what a client without another upstream sees of a fault to what is seen in every setting. */

import {
  type Case,
  type Exception,
  type Expected,
  type Kind,
  type Moment,
  SETTINGS,
  type Setting,
} from "./case.ts";

export const ALL: readonly Kind[] = ["unary", "stream", "upload", "small upload"];
/** What may be sent twice. */
export const SAFE: readonly Kind[] = ["unary", "stream"];
/** What may be sent again where the upstream refused it outright. */
export const KEPT: readonly Kind[] = ["unary", "stream", "small upload"];
export const UPLOADS: readonly Kind[] = ["upload", "small upload"];

export interface Strike {
  readonly fault: string;
  readonly moment: Moment;
  readonly upstream: (kind: Kind) => Case["upstream"];
  /** The body's bytes that come of it. @default "" */
  readonly body?: (kind: Kind) => string;
  /** Whether more of them follow. @default false */
  readonly endless?: boolean;
  readonly alone: Expected;
  /** The kinds that it hits. */
  readonly kinds: readonly Kind[];
  /** Those of them that move on to another upstream. */
  readonly moves: readonly Kind[];
  /** Nothing of a body has come when it breaks, so that Bun's server has not sent the head either. @default false */
  readonly headOnly?: boolean;
  readonly next?: Case["next"];
  readonly timeouts?: string;
}

/** A fault's cases: one for each kind of request that it hits. */
export function strike(what: Strike): readonly Case[] {
  const { fault, moment, upstream, body, endless, alone, kinds, moves, headOnly, next, timeouts } = what;
  return kinds.map((kind) => {
    const moved = moves.includes(kind);
    return {
      fault,
      moment,
      kind,
      upstream: upstream(kind),
      body: body?.(kind) ?? "",
      endless: endless ?? false,
      expected: moved ? moving(alone) : staying(alone),
      ...(headOnly && { except: { bun: noHead(alone, moved), binary: noHead(alone, moved) } }),
      ...(next !== undefined && { next }),
      ...(timeouts !== undefined && { timeouts }),
    };
  });
}

/** What is seen where the faulty upstream's answer is the client's. */
export function final(client: string, error: string, breaker: string, seconds = 0): Expected {
  return { client, attempts: "1 (1, 0)", error, breaker, seconds };
}

/** Another upstream changes nothing. */
function staying(expected: Expected): Case["expected"] {
  return { alone: expected, retry: expected, failover: expected, exhausted: expected };
}

/** Another upstream answers; where it fails too, the client sees what it sees of one, after both. */
function moving(alone: Expected): Case["expected"] {
  const got = alone.attempts === "1 (0, 0)" ? 0 : 1;
  const moved = { ...alone, client: "200 whole", attempts: `2 (${got}, 1)` };
  return {
    alone,
    retry: moved,
    failover: moved,
    exhausted: { ...alone, attempts: `2 (${got}, ${got})`, seconds: alone.seconds * 2 },
  };
}

/** Bun's server sends a head with the first byte of its body: until then the client gets an error in its place. */
function noHead({ error }: Expected, moves: boolean): Exception {
  const client = error === "stall" ? "504 upstream_timeout whole" : "502 upstream_reset whole";
  const once: Partial<Expected> = { client, attempts: "1 (1, 0)" };
  const why = "Bun's server sends the head with the body's first byte";
  if (!moves) return { why, expected: Object.fromEntries(SETTINGS.map((setting) => [setting, once])) };
  return { why, expected: { alone: once, exhausted: { client, attempts: "2 (1, 1)" } } };
}

/** What the faulty upstream's failures were called where the request went on after them. */
export function retriesOf(one: Case, setting: Setting): string {
  const expected = one.expected[setting];
  return expected?.attempts.startsWith("2") ? expected.error : "-";
}

/** What is counted at the other upstream: its `error`, `breaker` and `state`. */
export function otherOf(one: Case, setting: Setting): Pick<Expected, "error" | "breaker" | "state"> {
  const expected = one.expected[setting];
  if (expected === undefined || !expected.attempts.startsWith("2")) return { error: "-", breaker: "-" };
  if (setting === "exhausted") return expected;
  const times = one.times ?? 1;
  return { error: "-", breaker: times === 1 ? "success" : `success ×${times}` };
}
