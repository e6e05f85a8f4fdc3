/** What became of each attempt of a request, for those who ask why. */

import type { Redirect } from "../attempt/redirect.ts";
import type { Tried } from "../attempt/tried.ts";
import { statusReason } from "../base/errors.ts";

export type Trace = readonly TracedAttempt[];

export interface TracedAttempt {
  readonly upstream: string;
  /** `status_200`, or a value of the metric label `error`. */
  readonly outcome: string;
  /** Milliseconds from its begin, or from its last redirect, until its answer was judged. */
  readonly ms: number;
  /** Redirects that it followed, in order. */
  readonly redirects?: readonly Redirect[] | undefined;
}

/**
 * Traces one attempt.
 *
 * @param ms its duration, redirects included
 */
export function traceOf(
  upstream: string,
  tried: Tried,
  ms: number,
  redirects: readonly Redirect[] | undefined,
): TracedAttempt {
  const left = redirects?.reduce((rest, redirect) => rest - redirect.ms, ms) ?? ms;
  return { upstream, outcome: outcomeOf(tried), ms: left, redirects };
}

function outcomeOf(tried: Tried): string {
  if (tried.type !== "answer") return tried.failure.kind;
  return tried.answer.fault()?.reason ?? statusReason(tried.answer.status);
}
