/** Faults that strike an answer that has begun. */

import { raw } from "../support/behaviours.ts";
import { answering, beforeContent, begun, breaking, drip, headOf, steady, whole } from "./bodies.ts";
import type { Case, Kind } from "./case.ts";
import { ALL, final, SAFE, strike, UPLOADS } from "./strike.ts";
import * as wire from "./wire.ts";

/** What breaks an answer that has begun, once the bytes before it have arrived. */
const BREAKS: readonly (readonly [
  fault: string,
  after: (bytes: string) => Exclude<Case["upstream"], string>,
  error: string,
  seconds: number,
])[] = [
  ["RST", (bytes) => breaking(bytes, "RST"), "cut", 0],
  ["FIN", (bytes) => breaking(bytes, "FIN"), "cut", 0],
  ["hang", (bytes) => () => raw(bytes), "stall", 1],
  ["garbage", (bytes) => breaking(bytes, "garbage"), "cut", 0],
];

const BROKEN: readonly Case[] = BREAKS.flatMap(([fault, after, error, seconds]) => {
  const cut = final("200 cut", error, "failure", seconds);
  return [
    ...strike({
      fault,
      moment: "after head",
      upstream: (kind) => after(headOf(kind)),
      alone: cut,
      kinds: ALL,
      moves: SAFE,
      headOnly: true,
    }),
    ...strike({
      fault,
      moment: "before first token",
      upstream: (kind) => after(answering(kind, beforeContent(kind))),
      body: beforeContent,
      alone: cut,
      kinds: SAFE,
      moves: SAFE,
    }),
    ...strike({
      fault,
      moment: "mid-stream",
      upstream: (kind) => after(answering(kind, begun(kind))),
      body: begun,
      alone: cut,
      kinds: ALL,
      moves: [],
    }),
    ...strike({
      fault,
      moment: "after the last event",
      upstream: (kind) => after(answering(kind, whole(kind))),
      body: whole,
      alone: cut,
      kinds: ALL,
      moves: [],
    }),
    // The answer is whole: what its connection does then is nobody's affair.
    ...strike({
      fault: `${fault} after the end`,
      moment: "after the last event",
      upstream: (kind) => after(answering(kind, whole(kind)) + wire.END),
      body: whole,
      alone: final("200 whole", "-", "success"),
      kinds: ALL,
      moves: [],
    }),
  ];
});

const sized = (kind: Kind): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${whole(kind).length}\r\n\r\n`;

const SHORT: readonly Case[] = (["RST", "FIN"] as const).flatMap((how) =>
  strike({
    fault: `${how} short of content-length`,
    moment: "mid-stream",
    upstream: (kind) => breaking(sized(kind) + begun(kind), how),
    body: begun,
    alone: final("200 cut", "cut", "failure"),
    kinds: ["unary", ...UPLOADS],
    moves: [],
  }),
);

const DRIPS: readonly Case[] = [
  ...strike({
    fault: "drip of comments",
    moment: "before first token",
    upstream: () => () => drip(wire.SSE + wire.chunk(wire.ROLE), wire.chunk(": wait\n\n"), 200),
    body: () => wire.ROLE,
    endless: true,
    alone: final("200 cut", "first_token_timeout", "failure", 2),
    kinds: ["stream"],
    moves: ["stream"],
  }),
  ...strike({
    fault: "drip of content",
    moment: "mid-stream",
    upstream: (kind) => () => steady(kind),
    body: whole,
    alone: final("200 whole", "-", "success", 3),
    kinds: ALL,
    moves: [],
  }),
];

export const INSIDE: readonly Case[] = [...BROKEN, ...SHORT, ...DRIPS];
