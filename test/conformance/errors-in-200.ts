/** Answers of status 200 that are errors, or nothing at all. */

import { raw } from "../support/behaviours.ts";
import type { Case, Kind } from "./case.ts";
import { final, SAFE, strike } from "./strike.ts";
import * as wire from "./wire.ts";

/** An event stream that ends as it should. */
const streamOf = (body: string): Case["upstream"] => whole(wire.SSE, body);
const whole =
  (head: string, body: string): (() => ReturnType<typeof raw>) =>
  () =>
    raw(head + (body === "" ? "" : wire.chunk(body)) + wire.END);

const ERRORS: readonly (readonly [
  fault: string,
  type: string,
  error: string,
  breaker: string,
  moves: readonly Kind[],
])[] = [
  ["200 with a server error", "server_error", "error_in_answer", "failure", SAFE],
  ["200 with an overload", "overloaded_error", "error_in_answer", "failure", SAFE],
  ["200 with a rate limit", "rate_limit_error", "error_in_answer", "success", SAFE],
  ["200 with an invalid request", "invalid_request_error", "-", "success", []],
];

/** Streams with nothing in them, by the moment at which they end. */
const EMPTY: readonly (readonly [Case["moment"], body: string])[] = [
  ["after head", ""],
  ["before first token", `${wire.ROLE}data: [DONE]\n\n`],
];

export const ERRORS_IN_200: readonly Case[] = [
  ...ERRORS.flatMap(([fault, type, error, breaker, moves]) => {
    const body = (kind: Kind): string =>
      kind === "stream" ? wire.ROLE + wire.errorEvent(type) : wire.errorAnswer(type);
    return strike({
      fault,
      moment: "before first token",
      upstream: (kind) => whole(kind === "stream" ? wire.SSE : wire.JSON_HEAD, body(kind)),
      body,
      alone: final("200 whole", error, breaker),
      kinds: SAFE,
      moves,
    });
  }),
  // What has been committed flows untouched.
  ...strike({
    fault: "200 with a server error",
    moment: "mid-stream",
    upstream: () => streamOf(wire.ROLE + wire.HELLO + wire.errorEvent("server_error")),
    body: () => wire.ROLE + wire.HELLO + wire.errorEvent("server_error"),
    alone: final("200 whole", "-", "success"),
    kinds: ["stream"],
    moves: [],
  }),
  ...EMPTY.flatMap(([moment, body]) =>
    strike({
      fault: "empty stream",
      moment,
      upstream: () => streamOf(body),
      body: () => body,
      alone: final("200 whole", "empty_stream", "failure"),
      kinds: ["stream"],
      moves: ["stream"],
    }),
  ),
  // A whole answer, though one without a word.
  ...strike({
    fault: "finish reason without content",
    moment: "before first token",
    upstream: () => streamOf(wire.ROLE + wire.choice({}, "stop")),
    body: () => wire.ROLE + wire.choice({}, "stop"),
    alone: final("200 whole", "-", "success"),
    kinds: ["stream"],
    moves: [],
  }),
];
