/** Faults that strike before an answer's head has come, and heads that are faults. */

import { failing, hang, raw, rawThenFin, rawThenReset } from "../support/behaviours.ts";
import type { Behaviour } from "../support/fault-upstream.ts";
import { drip } from "./bodies.ts";
import type { Address, Case, Kind } from "./case.ts";
import { ALL, final, KEPT, SAFE, strike } from "./strike.ts";

/** Nothing was sent: every request moves on. */
const UNREACHABLE: readonly (readonly [Address, client: string, error: string, seconds: number])[] = [
  ["refused", "502 upstream_unreachable whole", "refused", 0],
  ["no answer to connect", "504 upstream_timeout whole", "connect_timeout", 1],
  ["plain text instead of TLS", "502 upstream_unreachable whole", "tls", 0],
  ["untrusted certificate", "502 upstream_unreachable whole", "tls", 0],
  ["no such name", "502 upstream_unreachable whole", "dns", 0],
];

const HALF_A_HEAD = "HTTP/1.1 200 OK\r\ncontent-ty";

/** The upstream may have done what was asked: what is safe to repeat moves on. */
const BROKEN: readonly (readonly [
  fault: string,
  upstream: Behaviour,
  client: string,
  error: string,
  seconds: number,
])[] = [
  ["RST", rawThenReset(), "502 upstream_reset whole", "reset", 0],
  ["FIN", rawThenFin(""), "502 upstream_reset whole", "reset", 0],
  ["RST inside the head", rawThenReset(HALF_A_HEAD), "502 upstream_reset whole", "reset", 0],
  ["FIN inside the head", rawThenFin(HALF_A_HEAD), "502 upstream_reset whole", "reset", 0],
  ["hang", hang, "504 upstream_timeout whole", "request_timeout", 1],
  [
    "drip of a head",
    drip("HTTP/1.1 200 OK\r\nx-slow: ", "x", 100),
    "504 upstream_timeout whole",
    "request_timeout",
    1,
  ],
  ["garbage", rawThenFin("not HTTP at all\r\n\r\n"), "502 upstream_bad_response whole", "bad_response", 0],
];

const ERROR_BODY = JSON.stringify({ error: { message: "no", type: "x", code: null } });

/** Statuses that refuse outright; of 521, Cloudflare's, the origin was not even reached. */
const REFUSING: ReadonlySet<number> = new Set([429, 503, 521]);

const moving = (status: number): readonly Kind[] => (REFUSING.has(status) ? KEPT : SAFE);

/** A 429 comes from an upstream that is there. */
const breakerOf = (status: number): string => (status === 429 ? "success" : "failure");

/** An upstream that asked to be left alone is left alone. */
const COOLING: Case["next"] = {
  alone: "503 no_upstream_available (Retry-After) whole (0, 0)",
  retry: "200 whole (0, 1)",
  failover: "200 whole (0, 1)",
  exhausted: "503 no_upstream_available (Retry-After) whole (0, 0)",
};

export const BEFORE_HEAD: readonly Case[] = [
  ...UNREACHABLE.flatMap(([address, client, error, seconds]) =>
    strike({
      fault: address,
      moment: "before head",
      upstream: () => address,
      alone: { client, attempts: "1 (0, 0)", error, breaker: "failure", seconds },
      kinds: ALL,
      moves: ALL,
    }),
  ),
  ...BROKEN.flatMap(([fault, upstream, client, error, seconds]) =>
    strike({
      fault,
      moment: "before head",
      upstream: () => () => upstream,
      alone: final(client, error, "failure", seconds),
      kinds: ALL,
      moves: SAFE,
    }),
  ),
  ...strike({
    fault: "hang until first_token",
    moment: "before head",
    upstream: () => () => hang,
    timeouts: "request: 8, first_token: 1",
    alone: final("504 upstream_timeout whole", "first_token_timeout", "failure", 1),
    kinds: ["stream"],
    moves: ["stream"],
  }),
  ...[429, 500, 502, 503, 504, 520, 521, 529].flatMap((status) =>
    strike({
      fault: `status ${status}`,
      moment: "before head",
      upstream: () => () => failing(status),
      body: () => ERROR_BODY,
      alone: final(`${status} whole`, `status_${status}`, breakerOf(status)),
      kinds: ALL,
      moves: moving(status),
    }),
  ),
  ...[429, 503].flatMap((status) =>
    strike({
      fault: `status ${status} with Retry-After`,
      moment: "before head",
      upstream: () => () => failing(status, [["retry-after", "300"]]),
      body: () => ERROR_BODY,
      alone: {
        ...final(`${status} (Retry-After) whole`, `status_${status}`, breakerOf(status)),
        // A 429's limit is that of its credential and model: the upstream stays up for others.
        ...(status === 503 && { state: "cooling" as const }),
      },
      kinds: KEPT,
      moves: KEPT,
      next: COOLING,
    }),
  ),
  ...strike({
    fault: "status 400",
    moment: "before head",
    upstream: () => () => failing(400),
    body: () => ERROR_BODY,
    alone: final("400 whole", "-", "success"),
    kinds: ALL,
    moves: [],
  }),
  ...strike({
    fault: "a length beside chunks",
    moment: "before head",
    upstream: () => () =>
      raw(
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      ),
    alone: final("502 upstream_bad_response whole", "bad_response", "failure"),
    kinds: ["unary"],
    moves: ["unary"],
  }),
];
