import type { Failure, UpstreamFailure } from "../base/errors.ts";
import type { Sense } from "../llm/meaning.ts";
import type { Judged } from "../retry/retry.ts";
import type { Answer } from "./answer.ts";

/** What an attempt came to. */
export type Tried =
  | {
      readonly type: "answer";
      readonly answer: Answer;
      /** The status and the meaning of the error in its body where that was read, else its own status. */
      readonly sense: Sense;
      /** How long the upstream asked not to be tried again (ms). */
      readonly retryAfter: number | undefined;
    }
  | { readonly type: "failure"; readonly failure: UpstreamFailure }
  /** The client's side ended it. */
  | { readonly type: "client"; readonly failure: Failure };

/** Whether a pooled connection was closed before it carried anything. */
export function isStale(tried: Tried): boolean {
  return tried.type === "failure" && tried.failure.kind === "stale_connection";
}

/** Whether nothing of the request was sent. */
export function sentNothing(tried: Tried): boolean {
  return tried.type === "failure" && "nothingSent" in tried.failure && tried.failure.nothingSent;
}

/** How long the upstream asked not to be tried again (ms). */
export function waitAskedBy(tried: Tried): number | undefined {
  return tried.type === "answer" ? tried.retryAfter : undefined;
}

/** The part of it that retry rules judge. */
export function judged(tried: Exclude<Tried, { type: "client" }>): Judged {
  if (tried.type === "failure") return tried;
  const fault = tried.answer.fault();
  if (fault !== undefined) return { type: "status", ...fault };
  return { type: "status", ...tried.sense };
}
