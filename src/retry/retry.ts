/**
 * What may follow an attempt that did not succeed: a pure judgement over the outcome, the request and the policy.
 * Who is next, and when, is `plan.ts`.
 */

import { CONTEXT_LENGTH, statusReason, type UpstreamFailure } from "../base/errors.ts";
import type { Meaning } from "../llm/meaning.ts";
import {
  credentialFaultOf,
  isAboutAccount,
  ORIGIN_NOT_REACHED,
  OVERWHELMED,
  UPSTREAM_FAILED,
} from "../upstream/blame.ts";

/** How a group answers failures. */
export interface RetryPolicy {
  /** Whether `retry` is on. */
  readonly enabled: boolean;
  /** Retries that `retry` allows after the first try. */
  readonly attempts: number;
  /** First backoff (ms). */
  readonly initial: number;
  /** `failover`: the group's order is an order of preference. */
  readonly failover: boolean;
}

/** What is judged of an attempt. */
export type Judged =
  | { readonly type: "failure"; readonly failure: UpstreamFailure }
  | {
      readonly type: "status";
      /** Its own, or the one that an error in it stands for. */
      readonly status: number;
      /** Where that error was found in a 2xx answer: the reason to report for it. */
      readonly reason?: string | undefined;
      /** What the error in its body says, where that was read. */
      readonly meaning?: Meaning | undefined;
    };

/** What is judged of the request and of the upstream that failed it. */
export interface Circumstances {
  /** Whether sending it again is safe although the upstream may have done it: `RequestFacts.repeatable`. */
  readonly repeatable: boolean;
  /** Whether its body is still there to be sent again. */
  readonly kept: boolean;
  /** Whether the proxy's own credentials were sent. */
  readonly ownCredentials: boolean;
}

export type Verdict =
  /** It is the client's answer. */
  | { readonly type: "final" }
  /**
   * Another upstream may take it.
   *
   * `counted`: it uses up one of `retry.attempts`. `again`: this upstream may be tried once more later in the same
   * request.
   */
  | { readonly type: "move"; readonly reason: string; readonly counted: boolean; readonly again: boolean };

const FINAL: Verdict = { type: "final" };

/** Statuses that are about the upstream, not about the request. */
const RETRYABLE: ReadonlySet<number> = new Set([...OVERWHELMED, ...UPSTREAM_FAILED]);

/** Statuses that refuse a request before anything was done: any request may then be sent elsewhere. */
const REFUSED_OUTRIGHT: ReadonlySet<number> = new Set([429, 503, ...ORIGIN_NOT_REACHED]);

/** Failures after which the same request does not try the upstream again: they have cost it too much time. */
const TIMEOUTS: ReadonlySet<string> = new Set([
  "connect_timeout",
  "request_timeout",
  "first_token_timeout",
  "stall",
]);

/** Judges an attempt. */
export function judge(judged: Judged, circumstances: Circumstances, policy: RetryPolicy): Verdict {
  if (!circumstances.kept) return FINAL;
  return judged.type === "failure"
    ? judgeFailure(judged.failure, circumstances, policy)
    : judgeStatus(judged, circumstances, policy);
}

function judgeFailure(failure: UpstreamFailure, circumstances: Circumstances, policy: RetryPolicy): Verdict {
  const { kind } = failure;
  // Another upstream may have an idle connection, and this one may do a moment later.
  if (kind === "no_socket") return { type: "move", reason: kind, counted: true, again: policy.enabled };
  if ("nothingSent" in failure && failure.nothingSent) {
    return { type: "move", reason: kind, counted: false, again: false };
  }
  if (!movesOn(policy) || !circumstances.repeatable) return FINAL;
  return { type: "move", reason: kind, counted: true, again: policy.enabled && !TIMEOUTS.has(kind) };
}

function judgeStatus(
  { status, meaning, reason = statusReason(status) }: Judged & { type: "status" },
  { repeatable, ownCredentials }: Circumstances,
  policy: RetryPolicy,
): Verdict {
  if (policy.failover && meaning === "context_length") {
    return { type: "move", reason: CONTEXT_LENGTH, counted: false, again: false };
  }
  if (!movesOn(policy)) return FINAL;
  // Another upstream has other credentials, which may be allowed what these are not.
  const isForbidden = status === 403 && ownCredentials;
  if (isForbidden || credentialFaultOf({ status, meaning, ownCredentials }) !== undefined)
    return { type: "move", reason, counted: true, again: false };
  if (isAboutAccount(meaning) || !RETRYABLE.has(status)) return FINAL;
  if (!repeatable && !REFUSED_OUTRIGHT.has(status)) return FINAL;
  return { type: "move", reason, counted: true, again: policy.enabled };
}

/** Without `retry`, only `failover` moves on for failures that reached the upstream. */
function movesOn(policy: RetryPolicy): boolean {
  return policy.enabled || policy.failover;
}
