/**
 * One attempt at one upstream, from its begin to its one settlement: in-flight counts, durations, failure metrics and
 * what the balancer learns all hang on that settlement.
 */

import type { Balancer } from "../balance/balancer.ts";
import type { Clock } from "../base/clock.ts";
import type { Deadline, Deadlines } from "../base/deadlines.ts";
import type { UpstreamFailure } from "../base/errors.ts";
import type { StreamEnd } from "../message/request.ts";
import type { Runtime } from "../runtime/runtime.ts";
import {
  type Assessed,
  countsAgainst,
  credentialFaultOf,
  isBreakerFailure,
  isUpstreamError,
} from "../upstream/blame.ts";
import type { Member } from "../upstream/member.ts";
import type { AttemptOptions } from "./options.ts";

/** What attempts need of the program around them. */
export interface AttemptDeps {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly runtime: Pick<Runtime, "watchBody" | "createAbortController">;
  readonly balancer: Balancer;
}

/** Why an attempt was ended from this side. `discarded`: its answer isn't wanted. */
export type StopCause = Exclude<StreamEnd, "cut"> | "discarded";

export interface Attempt {
  readonly member: Member;
  /** Aborts the upstream call. */
  readonly signal: AbortSignal;
  /** Set once the attempt was stopped from this side. */
  cause(): StopCause | undefined;
  /** The attempt's one deadline: for the answer's headers, then for each silence inside its body. */
  readonly deadline: Deadline;
  /** What happens when the deadline expires. */
  expiresAs: "request_timeout" | "first_token_timeout" | "stall" | "write_timeout";
  /** Called when the attempt is stopped, so that its body breaks at once. */
  onStop: ((cause: StopCause) => void) | undefined;
  /** Ends the upstream call; the settlement follows from what that breaks. */
  stop(cause: StopCause): void;
  /** Notes the first byte of the body. */
  firstByte(): void;
  /** Notes the first content of a stream. */
  firstToken(): void;
  /**
   * Records what its answer says about the upstream. Error metrics and a refusal of the proxy's own credentials count
   * at once, the breaker and the balancer learn at the settlement. Without a call the settled status counts.
   *
   * @param reason value of the metric label `error`
   */
  assessed(answer: Omit<Assessed, "ownCredentials">, reason: string): void;
  /** Delays the settlement of an answer until {@link assessed} is called, once its body has been read. */
  awaitAssessment(): void;
  /** Settles it; only the first call counts. */
  settle(end: Settlement): void;
}

/** How an attempt ended. `answered`: whole. `failure`: of the upstream. `client_gone`: the client left, no failure. */
export type Settlement =
  | { readonly type: "answered"; readonly status: number }
  | { readonly type: "failure"; readonly failure: UpstreamFailure }
  | { readonly type: "client_gone" };

/** Failures that are not the upstream's: it may close an idle connection, and the proxy may have no socket left. */
const HARMLESS: ReadonlySet<UpstreamFailure["kind"]> = new Set(["stale_connection", "no_socket"]);

/** What a breaker learns from an attempt. */
type Lesson = "success" | "failure" | "none";

/**
 * Begins an attempt: counts it as in flight and takes a token of the upstream's rate limit.
 *
 * @param clientSignal aborts when the client leaves; listened to until the settlement
 * @param patience milliseconds until the deadline expires as `request_timeout`, unless it is moved
 */
export function beginAttempt(
  member: Member,
  { ownCredentials, scope }: Pick<AttemptOptions, "ownCredentials" | "scope">,
  clientSignal: AbortSignal,
  patience: number,
  { clock, deadlines, balancer, runtime }: AttemptDeps,
): Attempt {
  const controller = runtime.createAbortController();
  const started = clock.now();
  let settled = false;
  let counted = false;
  let blamed = false;
  let cause: StopCause | undefined;
  let firstByteMs: number | undefined;
  let assessedStatus: number | undefined;
  let awaitsAssessment = false;
  let delayedEnd: Settlement | undefined;

  function count(reason: string): void {
    if (counted) return;
    counted = true;
    member.metrics.failed(reason);
  }

  function blame(): void {
    if (blamed) return;
    blamed = true;
    member.upstream.failed(clock.now());
  }

  function learnCredentials(answer: Assessed): void {
    const { coolDown } = member.upstream;
    const fault = credentialFaultOf(answer);
    if (fault === "unauthorized") coolDown.unauthorized(clock.now());
    else if (fault !== undefined) coolDown.refused(fault, clock.now());
    else if (answer.ownCredentials && is2xx(answer.status)) coolDown.accepted(started);
  }

  const attempt: Attempt = {
    member,
    signal: controller.signal,
    deadline: deadlines.start(patience, () => attempt.stop(attempt.expiresAs)),
    expiresAs: "request_timeout",
    onStop: undefined,
    cause: () => cause,
    stop(why) {
      if (settled || cause !== undefined) return;
      cause = why;
      attempt.onStop?.(why);
      controller.abort();
    },
    firstByte() {
      if (firstByteMs !== undefined) return;
      firstByteMs = clock.now() - started;
      member.metrics.firstByte(firstByteMs / 1000);
    },
    firstToken() {
      member.metrics.firstToken((clock.now() - started) / 1000);
    },
    assessed({ status, meaning }, reason) {
      const answer = { status, meaning, ownCredentials };
      assessedStatus = status;
      if (isUpstreamError(answer)) count(reason);
      if (countsAgainst(answer, () => scope.isClients(member))) blame();
      learnCredentials(answer);
      awaitsAssessment = false;
      if (delayedEnd !== undefined) attempt.settle(delayedEnd);
    },
    awaitAssessment() {
      awaitsAssessment = true;
    },
    settle(end) {
      if (settled) return;
      if (awaitsAssessment && end.type === "answered") {
        delayedEnd = end;
        return;
      }
      settled = true;
      attempt.deadline.cancel();
      attempt.onStop = undefined;
      // The runtime may still be sending. Where nothing was sent it is not, and the body may go elsewhere.
      if (end.type === "failure" && !isUnsent(end.failure)) controller.abort();
      clientSignal.removeEventListener("abort", onClientAbort);
      const now = clock.now();
      const status = end.type === "answered" ? (assessedStatus ?? end.status) : undefined;
      if (end.type === "failure") {
        count(end.failure.kind);
        if (!isHarmless(end)) blame();
      }
      const lesson = lessonForBreaker(end, status);
      call.settle(lesson, now);
      if (lesson !== "none" && member.upstream.config.breaker !== undefined) {
        member.metrics.breakerCall(lesson);
      }
      member.metrics.ended((now - started) / 1000);
      balancer.settled?.(member, {
        success: blamed ? false : isSuccess(end, status),
        firstByteMs: status !== undefined && is2xx(status) ? firstByteMs : undefined,
      });
    },
  };
  const onClientAbort = (): void => attempt.stop("client_closed");

  const call = member.upstream.begin(started, member.metrics.breakerChanged);
  member.metrics.started();
  clientSignal.addEventListener("abort", onClientAbort);
  if (clientSignal.aborted) onClientAbort();
  return attempt;
}

/** Undefined where the end says nothing about the upstream: a 4xx, a client that left, a harmless failure. */
function isSuccess(end: Settlement, status: number | undefined): boolean | undefined {
  if (end.type === "failure") return isHarmless(end) ? undefined : false;
  return status === undefined || status >= 400 ? undefined : true;
}

/** Any answer that is no failure, even a 429, proves that the upstream is reachable. */
function lessonForBreaker(end: Settlement, status: number | undefined): Lesson {
  if (end.type === "failure") return isHarmless(end) ? "none" : "failure";
  if (status === undefined) return "none";
  return isBreakerFailure(status) ? "failure" : "success";
}

function isHarmless(end: Settlement): boolean {
  return end.type === "failure" && HARMLESS.has(end.failure.kind);
}

function isUnsent(failure: UpstreamFailure): boolean {
  return "nothingSent" in failure && failure.nothingSent;
}

function is2xx(status: number): boolean {
  return status >= 200 && status < 300;
}
