/** What a runtime can't in several cases. */

import type { Exception } from "./case.ts";

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

/** What Bun's server does with trailers depends on how they are cut into segments. */
export const HALF_A_LAST_CHUNK: Exception = {
  why: "Bun's server refuses trailers, but where the last chunk comes before them it has taken the request for whole",
  advice: "Harmless: the body is whole, and the connection is closed.",
  allowed: { refused: [400, "closed"], passed: [["POST /a"], ['POST /a "abc"']], unanswered: true },
};

export const OWN_SLASHES: Exception = {
  why: "Bun's server makes one slash of several at the beginning of a target",
  advice: "Harmless: the host is the configured one, whatever the target says.",
  allowed: { refused: [400, "closed"], passed: [["GET /evil.test/a"]] },
};
