/** The table: every fault, at every moment at which it can strike, for every kind of request that it can hit. */

import { BEFORE_HEAD } from "./before-head.ts";
import { type Case, type Run, SETTINGS } from "./case.ts";
import { ERRORS_IN_200 } from "./errors-in-200.ts";
import { IN_A_ROW } from "./in-a-row.ts";
import { INSIDE } from "./inside.ts";

export const CASES: readonly Case[] = [...BEFORE_HEAD, ...INSIDE, ...ERRORS_IN_200, ...IN_A_ROW];

/** Every case in every setting. */
export const ALL_RUNS: readonly Run[] = CASES.flatMap((one) =>
  SETTINGS.filter((setting) => one.expected[setting] !== undefined).map((setting) => ({
    case: one,
    setting,
  })),
);

/** Every case in one setting, by turns: every fault, moment and kind of request occurs. */
export const SOME_RUNS: readonly Run[] = CASES.flatMap((one, i) => {
  const settings = SETTINGS.filter((setting) => one.expected[setting] !== undefined);
  const setting = settings[i % settings.length];
  return setting === undefined ? [] : [{ case: one, setting }];
});

/** Combinations that are not in it, and why. */
export const LEFT_OUT: readonly (readonly [combination: string, why: string])[] = [
  [
    "no connection (refused, no answer, TLS, no such name) at any moment but before the head",
    "there is no connection on which an answer could have begun",
  ],
  [
    "a status, with or without Retry-After, at any moment but before the head",
    "a status comes with the head",
  ],
  [
    "status 429 or 503 with Retry-After, and the large upload",
    "its body is gone when the answer comes; the row of the status without it shows that",
  ],
  [
    "anything before the first token, and uploads",
    "their answers have none: what is not safe to repeat is passed on unseen",
  ],
  [
    "200 with an error or without content, and uploads",
    "their answer is JSON, in which nothing is looked for unless it is an inference's",
  ],
  ["200 with an error mid-stream, and unary", "a JSON answer is one document"],
  [
    "200 with an error after the last event",
    "after it an event stream has only its end: bytes after that are the row of garbage",
  ],
  ["an empty stream, and unary or uploads", "it is a stream"],
  ["a drip after the head or after the last event", "it is a hang or a drip of one of the other moments"],
  [
    "five in a row, in all settings and for all kinds",
    "the breaker does not know of them: one of each sort of failure is enough",
  ],
];
