/** What became of each attempt of a request, for those who ask why. */

import { statusReason } from "../errors.ts";
import type { Tried } from "./examine.ts";

export type Trace = readonly TracedAttempt[];

export interface TracedAttempt {
  readonly upstream: string;
  /** `status_200`, or a value of the metric label `error`. */
  readonly outcome: string;
  /** Milliseconds from its begin until its answer was judged good enough or not. */
  readonly ms: number;
}

export function traceOf(upstream: string, tried: Tried, ms: number): TracedAttempt {
  return { upstream, outcome: outcomeOf(tried), ms };
}

function outcomeOf(tried: Tried): string {
  if (tried.type !== "answer") return tried.failure.kind;
  return tried.answer.fault()?.reason ?? statusReason(tried.answer.status);
}
