/**
 * One attempt at one upstream, from its begin to its one settlement: in-flight counts, durations, failure metrics and
 * what the balancer learns all hang on that settlement.
 */

import type { Balancer } from "../balance/balancer.ts";
import type { Clock } from "../clock.ts";
import type { Deadline, Deadlines } from "../deadlines.ts";
import type { UpstreamFailure } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import type { Member } from "./member.ts";
import type { StreamEnd } from "./request.ts";

/** What attempts need of the program around them. */
export interface AttemptDeps {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly watchBody: Runtime["watchBody"];
  readonly balancer: Balancer;
}

/** Why an attempt was ended from this side. `discarded`: its answer isn't wanted. */
export type StopCause = Exclude<StreamEnd, "cut"> | "discarded";

export interface Attempt {
  readonly member: Member;
  /** Aborts the upstream call. */
  readonly signal: AbortSignal;
  /** Set once the attempt was stopped from this side. */
  readonly cause: StopCause | undefined;
  /** The attempt's one deadline: for the answer's headers, then for each silence inside its body. */
  readonly deadline: Deadline;
  /** What happens when the deadline expires. */
  expiresAs: "request_timeout" | "stall" | "write_timeout";
  /** Called when the attempt is stopped, so that its body breaks at once. */
  onStop: ((cause: StopCause) => void) | undefined;
  /** Ends the upstream call; the settlement follows from what that breaks. */
  stop(cause: StopCause): void;
  /** Notes the first byte of the body. */
  firstByte(): void;
  /** Blames the upstream: counted at once as an error, the first time, and as no success when settled. */
  blame(reason: string): void;
  /** Settles it; only the first call counts. */
  settle(end: Settlement): void;
}

/** How an attempt ended. `failure`: the upstream's; `client_gone`: nobody's fault; `answered`: whole. */
export type Settlement =
  | { readonly type: "answered"; readonly status: number }
  | { readonly type: "failure"; readonly failure: UpstreamFailure }
  | { readonly type: "client_gone" };

/**
 * Begins an attempt: counts it in and takes the upstream's token.
 *
 * @param clientSignal aborts when the client leaves; listened to until the settlement
 * @param patience milliseconds until the deadline expires as `request_timeout`, unless it is moved
 */
export function beginAttempt(
  member: Member,
  clientSignal: AbortSignal,
  patience: number,
  { clock, deadlines, balancer }: AttemptDeps,
): Attempt {
  const controller = new AbortController();
  const started = clock.now();
  let settled = false;
  let blamed = false;
  let cause: StopCause | undefined;
  let firstByteMs: number | undefined;

  const attempt: Attempt = {
    member,
    signal: controller.signal,
    deadline: deadlines.start(patience, () => attempt.stop(attempt.expiresAs)),
    expiresAs: "request_timeout",
    onStop: undefined,
    get cause() {
      return cause;
    },
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
    blame(reason) {
      if (blamed) return;
      blamed = true;
      member.metrics.failed(reason);
    },
    settle(end) {
      if (settled) return;
      settled = true;
      attempt.deadline.cancel();
      clientSignal.removeEventListener("abort", onClientAbort);
      if (end.type === "failure") attempt.blame(end.failure.kind);
      member.upstream.end();
      member.metrics.ended((clock.now() - started) / 1000);
      balancer.settled?.(member, {
        success: blamed ? false : isSuccess(end),
        ...(firstByteMs !== undefined && end.type === "answered" && is2xx(end.status) && { firstByteMs }),
      });
    },
  };
  const onClientAbort = (): void => attempt.stop("client_closed");

  member.upstream.begin(started);
  member.metrics.started();
  clientSignal.addEventListener("abort", onClientAbort);
  if (clientSignal.aborted) onClientAbort();
  return attempt;
}

/** A client's own 4xx says nothing of the upstream, nor does a client that left. */
function isSuccess(end: Settlement): boolean | undefined {
  if (end.type === "failure") return false;
  if (end.type === "client_gone" || end.status >= 400) return undefined;
  return true;
}

function is2xx(status: number): boolean {
  return status >= 200 && status < 300;
}
