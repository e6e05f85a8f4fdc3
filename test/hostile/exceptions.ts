/** What a runtime can't in several cases. */

import { type Case, type Exception, onBun } from "./case.ts";

/** After an early answer. */
export function leftWaiting(runtime: "Bun" | "Deno"): Exception {
  return {
    why: `${runtime}'s server waits for the rest of a request that was answered early, and does not close its connection`,
    advice:
      "Harmless: all that comes up to the request's end belongs to it and is dropped. A client can hold the connection open by that; nginx or HAProxy in front limits it.",
    allowed: { refused: [408, 413, "closed"], open: true },
  };
}

export const BARE_LF = {
  why: "Deno's server takes a bare LF for a line's end",
  advice:
    "Harmless alone: what is sent upstream is written afresh. Behind another proxy that passes a bare LF on inside a value, the two could read different fields: let that proxy refuse it (nginx and HAProxy take it for a line's end, too).",
} as const;

/**
 * Whether Bun's server has sent a request on by then is a matter of how its bytes are cut into segments.
 *
 * @param taken what is sent then, where the case itself allows nothing to be
 */
export function mayBeUnanswered(one: Case, ...taken: readonly string[]): Case {
  const { allowed } = one;
  const { passed = [] } = allowed;
  const exception: Exception = {
    why: "Bun's server closes a connection when bytes come behind a request whose answer is not out, and takes a trailer for such bytes",
    advice:
      "Harmless: what was sent upstream is whole, and of what follows nothing is sent. Clients that pipeline or send trailers need another runtime, or nginx in front.",
    allowed: {
      ...allowed,
      refused: [...allowed.refused, 400, "closed"],
      passed: [...passed, ...passed.map((list) => list.slice(0, 1)), ...taken.map((line) => [line])],
      unanswered: true,
    },
  };
  return { ...one, except: { ...one.except, ...onBun(exception) } };
}

export const OWN_SLASHES: Exception = {
  why: "Bun's server makes one slash of several at the beginning of a target",
  advice: "Harmless: the host is the configured one, whatever the target says.",
  allowed: { refused: [400, "closed"], passed: [["GET /evil.test/a"]] },
};
