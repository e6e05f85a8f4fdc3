/** The table: every fault, at every moment at which it can strike, for every kind of request that it can hit. */

import {
  failing,
  hang,
  raw,
  rawThenBad,
  rawThenFin,
  rawThenHang,
  rawThenReset,
} from "../support/behaviours.ts";
import type { Behaviour } from "../support/fault-upstream.ts";
import { pause } from "../support/wait.ts";
import type { Address, Case, Exception, Expected, Kind, Moment, Setting } from "./case.ts";
import * as wire from "./wire.ts";

/** What is seen where the faulty upstream's answer is the client's. */
function final(client: string, error: string, breaker: string, seconds = 0): Expected {
  return { client, attempts: "1 (1, 0)", error, breaker, seconds };
}

/** What is seen where the good upstream answers after the faulty one. */
function moved({ error, breaker, seconds }: Expected): Expected {
  return { client: "200 whole", attempts: "2 (1, 1)", error, breaker, seconds };
}

const everywhere = (expected: Expected): Case["expected"] => ({
  alone: expected,
  retry: expected,
  failover: expected,
});
const rescued = (expected: Expected): Case["expected"] => ({
  alone: expected,
  retry: moved(expected),
  failover: moved(expected),
});

interface Strike {
  readonly fault: string;
  readonly moment: Moment;
  readonly upstream: (kind: Kind) => Behaviour | Address;
  /** What a client without another upstream sees. */
  readonly alone: Expected;
  /** The kinds that it hits. */
  readonly kinds: readonly Kind[];
  /** Those of them that the other upstream rescues. */
  readonly rescued: readonly Kind[];
  readonly except?: Case["except"];
}

const ALL: readonly Kind[] = ["unary", "stream", "upload"];
const KEPT: readonly Kind[] = ["unary", "stream"];

function cases({ fault, moment, upstream, alone, kinds, rescued: saved, except }: Strike): readonly Case[] {
  return kinds.map((kind) => ({
    fault,
    moment,
    kind,
    upstream: upstream(kind),
    expected: saved.includes(kind) ? rescued(alone) : everywhere(alone),
    ...(except !== undefined && { except }),
  }));
}

/** Nothing listens, or nothing answers: nothing was sent, so that every request moves on. */
function unreachable(fault: Address, client: string, error: string, seconds = 0): readonly Case[] {
  const alone: Expected = { client, attempts: "1 (0, 0)", error, breaker: "failure", seconds };
  return ALL.map((kind) => ({
    fault,
    moment: "before head",
    kind,
    upstream: fault,
    expected: rescued2(alone),
  }));
}

const rescued2 = (alone: Expected): Case["expected"] => {
  const other: Expected = { ...alone, client: "200 whole", attempts: "2 (0, 1)" };
  return { alone, retry: other, failover: other };
};

const head = (kind: Kind): string => (kind === "stream" ? wire.SSE : wire.JSON_HEAD);
const begun = (kind: Kind): string =>
  head(kind) + wire.chunk(kind === "stream" ? wire.ROLE + wire.HELLO : wire.ANSWER_BEGUN);
const whole = (kind: Kind): string =>
  head(kind) + wire.chunk(kind === "stream" ? wire.ROLE + wire.HELLO + wire.REST : wire.ANSWER) + wire.END;

/** Bytes one by one until the proxy has had enough. */
const drip =
  (first: string, piece: string, gap: number): Behaviour =>
  async ({ body, write, socket }) => {
    await body();
    write(first);
    while (!socket.destroyed) {
      await pause(gap);
      write(piece);
    }
  };

const PIECES = 12;

/** Longer than any timeout (3 s), and never silent for long. */
const steady =
  (kind: Kind): Behaviour =>
  async ({ body, write }) => {
    await body();
    write(begun(kind));
    const rest = kind === "stream" ? wire.REST : wire.ANSWER.slice(wire.ANSWER_BEGUN.length);
    const cut = (part: number): number => Math.floor((rest.length * part) / PIECES);
    for (let part = 0; part < PIECES; part += 1) {
      await pause(3000 / PIECES);
      write(wire.chunk(rest.slice(cut(part), cut(part + 1))));
    }
    write(wire.END);
  };

/** An upstream that asked to be left alone is left alone. */
const COOLING: Case["next"] = {
  alone: "503 no_upstream_available whole (0, 0)",
  retry: "200 whole (0, 1)",
  failover: "200 whole (0, 1)",
};

const BEFORE_HEAD: readonly Case[] = [
  ...unreachable("refused", "502 upstream_unreachable whole", "refused"),
  ...unreachable("no answer to connect", "504 upstream_timeout whole", "connect_timeout", 1),
  ...unreachable("plain text instead of TLS", "502 upstream_unreachable whole", "tls"),
  ...unreachable("no such name", "502 upstream_unreachable whole", "dns"),
  ...(
    [
      ["RST", rawThenReset(), "502 upstream_reset whole", "reset", 0],
      ["FIN", rawThenFin(""), "502 upstream_reset whole", "reset", 0],
      ["hang", hang, "504 upstream_timeout whole", "request_timeout", 1],
      [
        "drip",
        drip("HTTP/1.1 200 OK\r\nx-slow: ", "x", 100),
        "504 upstream_timeout whole",
        "request_timeout",
        1,
      ],
      [
        "garbage",
        rawThenFin("not HTTP at all\r\n\r\n"),
        "502 upstream_bad_response whole",
        "bad_response",
        0,
      ],
    ] as const
  ).flatMap(([fault, upstream, client, error, seconds]) =>
    cases({
      fault,
      moment: "before head",
      upstream: () => upstream,
      alone: final(client, error, "failure", seconds),
      kinds: ALL,
      rescued: KEPT,
    }),
  ),
  ...[429, 500, 502, 503, 504, 529].flatMap((status) =>
    cases({
      fault: `status ${status}`,
      moment: "before head",
      upstream: () => failing(status),
      alone: final(`${status} whole`, `status_${status}`, status === 429 ? "success" : "failure"),
      kinds: ALL,
      rescued: KEPT,
    }),
  ),
  ...[429, 503].flatMap((status) =>
    cases({
      fault: `status ${status} with Retry-After`,
      moment: "before head",
      upstream: () => failing(status, [["retry-after", "60"]]),
      alone: final(`${status} whole`, `status_${status}`, status === 429 ? "success" : "failure"),
      kinds: KEPT,
      rescued: KEPT,
    }).map((one): Case => ({ ...one, next: COOLING })),
  ),
  ...cases({
    fault: "status 400",
    moment: "before head",
    upstream: () => failing(400),
    alone: final("400 whole", "-", "success"),
    kinds: ALL,
    rescued: [],
  }),
];

/** What breaks an answer that has begun: 50 ms after these bytes, so that they have been read. */
const BREAKS: readonly (readonly [
  fault: string,
  after: (bytes: string) => Behaviour,
  error: string,
  seconds: number,
])[] = [
  ["RST", rawThenReset, "cut", 0],
  ["FIN", rawThenBad, "cut", 0],
  ["hang", rawThenHang, "stall", 1],
  ["garbage", (bytes) => rawThenBad(bytes, "zz\r\nnot a chunk\r\n"), "cut", 0],
];

/** Bun's server sends a head with the first byte of its body: where there is none, there is no head either. */
const NO_HEAD: Exception = {
  why: "Bun's server sends the head with the body's first byte",
  expected: {
    alone: { client: "none", attempts: "- (1, 0)" },
  },
};
const NO_HEAD_EVER: Exception = {
  ...NO_HEAD,
  expected: {
    alone: { client: "none", attempts: "- (1, 0)" },
    retry: { client: "none", attempts: "- (1, 0)" },
    failover: { client: "none", attempts: "- (1, 0)" },
  },
};

const INSIDE: readonly Case[] = BREAKS.flatMap(([fault, after, error, seconds]) => {
  const cut = final("200 cut", error, "failure", seconds);
  return [
    ...cases({
      fault,
      moment: "after head",
      upstream: (kind) => after(head(kind)),
      alone: cut,
      kinds: KEPT,
      rescued: KEPT,
      except: { bun: NO_HEAD, binary: NO_HEAD },
    }),
    ...cases({
      fault,
      moment: "after head",
      upstream: (kind) => after(head(kind)),
      alone: cut,
      kinds: ["upload"],
      rescued: [],
      except: { bun: NO_HEAD_EVER, binary: NO_HEAD_EVER },
    }),
    ...cases({
      fault,
      moment: "before first token",
      upstream: () => after(wire.SSE + wire.chunk(wire.ROLE)),
      alone: cut,
      kinds: ["stream"],
      rescued: ["stream"],
    }),
    ...cases({
      fault,
      moment: "mid-stream",
      upstream: (kind) => after(begun(kind)),
      alone: cut,
      kinds: ALL,
      rescued: [],
    }),
    ...cases({
      fault: fault === "garbage" ? "garbage" : fault,
      moment: "after the last event",
      upstream: (kind) => (fault === "garbage" ? rawThenBad(whole(kind), "garbage") : after(whole(kind))),
      alone: final("200 whole", "-", "success"),
      kinds: ALL,
      rescued: [],
    }),
  ];
});

const streamOf = (...events: readonly string[]): Behaviour =>
  raw(wire.SSE + events.map(wire.chunk).join("") + wire.END);

const DRIPS: readonly Case[] = [
  ...cases({
    fault: "drip of comments",
    moment: "before first token",
    upstream: () => drip(wire.SSE + wire.chunk(wire.ROLE), wire.chunk(": wait\n\n"), 200),
    alone: final("200 cut", "first_token_timeout", "failure", 2),
    kinds: ["stream"],
    rescued: ["stream"],
  }),
  ...cases({
    fault: "drip of content",
    moment: "mid-stream",
    upstream: steady,
    alone: final("200 whole", "-", "success", 3),
    kinds: ALL,
    rescued: [],
  }),
];

const ERRORS: readonly Case[] = [
  ...(
    [
      ["200 with a server error", "server_error", "failure", true],
      ["200 with an overload", "overloaded_error", "failure", true],
      ["200 with a rate limit", "rate_limit_error", "success", true],
      ["200 with an invalid request", "invalid_request_error", "success", false],
    ] as const
  ).flatMap(([fault, type, breaker, moves]) =>
    cases({
      fault,
      moment: "before first token",
      upstream: (kind) =>
        kind === "stream"
          ? streamOf(wire.ROLE, wire.errorEvent(type))
          : raw(wire.JSON_HEAD + wire.chunk(wire.errorAnswer(type)) + wire.END),
      alone: final("200 whole", moves ? "error_in_answer" : "-", breaker),
      kinds: KEPT,
      rescued: moves ? KEPT : [],
    }),
  ),
  ...cases({
    fault: "200 with an error",
    moment: "mid-stream",
    upstream: () => streamOf(wire.ROLE, wire.HELLO, wire.errorEvent("server_error")),
    alone: final("200 whole", "-", "success"),
    kinds: ["stream"],
    rescued: [],
  }),
  ...cases({
    fault: "empty stream",
    moment: "after head",
    upstream: () => streamOf(),
    alone: final("200 whole", "empty_stream", "failure"),
    kinds: ["stream"],
    rescued: ["stream"],
  }),
  ...cases({
    fault: "empty stream",
    moment: "before first token",
    upstream: () => streamOf(wire.ROLE, "data: [DONE]\n\n"),
    alone: final("200 whole", "empty_stream", "failure"),
    kinds: ["stream"],
    rescued: ["stream"],
  }),
  ...cases({
    fault: "[DONE] without an end",
    moment: "after the last event",
    upstream: () => rawThenBad(wire.SSE + wire.chunk(wire.ROLE + wire.HELLO + wire.REST)),
    alone: final("200 cut", "cut", "failure"),
    kinds: ["stream"],
    rescued: [],
  }),
  ...cases({
    fault: "finish reason without content",
    moment: "before first token",
    upstream: () => streamOf(wire.ROLE, wire.choice({}, "stop")),
    alone: final("200 whole", "-", "success"),
    kinds: ["stream"],
    rescued: [],
  }),
];

export const CASES: readonly Case[] = [...BEFORE_HEAD, ...INSIDE, ...DRIPS, ...ERRORS];

/** What has to be seen of a case on one program. */
export function expectedOf(
  one: Case,
  setting: Setting,
  program: keyof NonNullable<Case["except"]>,
): Expected {
  return { ...one.expected[setting], ...one.except?.[program]?.expected[setting] };
}
