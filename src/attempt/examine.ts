/** Makes one attempt and reads its answer as far as judging it needs. */

import type { Budget } from "../base/budget.ts";
import { type Failure, statusReason, type UpstreamFailure } from "../base/errors.ts";
import type { Sense } from "../llm/meaning.ts";
import { recogniseBody } from "../llm/recognise.ts";
import type { OutgoingRequest } from "../message/request.ts";
import type { RetryPolicy } from "../retry/retry.ts";
import { retryAfterIn, retryAfterOf } from "../retry/retry-after.ts";
import type { LimitScope } from "../upstream/limit-scope.ts";
import type { Member } from "../upstream/member.ts";
import type { Answer, ReadResult } from "./answer.ts";
import { type Manner, type SendDeps, send } from "./send.ts";

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

export interface ExamineDeps extends SendDeps {
  readonly policy: RetryPolicy;
  /** `stream_mode`: false reads every answer whole. */
  readonly streamMode: boolean;
  readonly budget: Budget;
  /** See {@link Runtime.headLeavesWithBody}. */
  readonly headLeavesWithBody: boolean;
}

/** The conditions of one attempt. */
export interface Occasion
  extends Pick<
    Manner,
    "repeatable" | "kept" | "fresh" | "streaming" | "ownCredentials" | "scope" | "redirects"
  > {
  /** Whether another attempt may follow. */
  readonly mayFollow: boolean;
}

/** Most of an error's body that is looked at (bytes). */
const ERROR_BODY = 65_536;

/** Most of an answer that `stream_mode: false` reads before it is passed on (bytes); a larger one streams on. */
const WHOLE_BODY = 64 * 1024 * 1024;

/** Sends a request to one upstream and finds out what its answer says. Rejects as {@link send} does. */
export async function tryMember(
  request: OutgoingRequest,
  member: Member,
  { repeatable, kept, fresh, streaming, ownCredentials, scope, redirects, mayFollow }: Occasion,
  deps: ExamineDeps,
): Promise<Tried> {
  const { policy, streamMode, budget } = deps;
  // An answer to a request that can't be sent again is passed on, whatever is in it.
  const holds = mayFollow && repeatable;
  const mayReadErrors = ownCredentials || holds || (mayFollow && policy.failover);
  const untilWhole = !streamMode;
  const identity = holds || mayReadErrors || (streaming && deps.timeouts.firstToken !== undefined);
  // Member by member: a spread costs several µs on Node.
  const manner: Manner = {
    repeatable,
    kept,
    fresh,
    streaming,
    ownCredentials,
    scope,
    redirects,
    untilWhole,
    identity,
  };
  const outcome = await send(request, member, manner, deps);
  if (outcome.type !== "answer") return outcome;

  const { answer } = outcome;
  const { status } = answer;
  let retryAfter = learnRetryAfter(answer, scope, deps);
  const readsError = isErrorRead(answer, ownCredentials, mayReadErrors, policy);
  const byStatus: Sense = { status, meaning: undefined };
  if (readsError) answer.awaitAssessment();
  else answer.assessed(byStatus, statusReason(status));
  const read = await readAsNeeded();
  if (read !== undefined && read.type !== "read") return read;
  const sense = readsError && read !== undefined ? recogniseBody(status, read.bytes) : byStatus;
  if (readsError) answer.assessed(sense, statusReason(status));
  if (readsError && read !== undefined) retryAfter ??= learnRetryAfter(answer, scope, deps, read.bytes);
  return { type: "answer", answer, sense, retryAfter };

  function readAsNeeded(): ReturnType<Answer["read"]> | undefined {
    if (!streamMode) return answer.read(WHOLE_BODY, budget);
    if (readsError) return answer.read(ERROR_BODY, budget);
    const { headLeavesWithBody } = deps;
    if (!holds) return headLeavesWithBody ? answer.read(1, budget) : undefined;
    return headLeavesWithBody ? holdPastFirstByte() : answer.hold(budget);
  }

  /** The head has not been sent before the body's first byte: a failure before that can still be answered. */
  async function holdPastFirstByte(): Promise<ReadResult> {
    const held = await answer.hold(budget);
    return held.type === "read" && held.bytes.byteLength === 0 ? answer.read(1, budget) : held;
  }
}

/**
 * Reads for how long the upstream asks to be left alone, from its fields or, where given, its body. A 429 limits
 * requests of the same scope, a 5xx cools the upstream down. A 408 is about one request: only that waits.
 */
function learnRetryAfter(
  { status, headers, member }: Answer,
  scope: LimitScope<Member>,
  { clock }: ExamineDeps,
  body?: Uint8Array,
): number | undefined {
  if (status < 500 && status !== 429 && status !== 408) return undefined;
  const wall = clock.wall();
  const retryAfter = body === undefined ? retryAfterOf(headers, status, wall) : retryAfterIn(body, wall);
  if (retryAfter === undefined) return undefined;
  const { limits, coolDown } = member.upstream;
  if (status === 429) limits.limit(scope.of(member), retryAfter, clock.now());
  else if (status >= 500) coolDown.cool(retryAfter, clock.now());
  return retryAfter;
}

/**
 * Whether an answer's body may say something that changes what follows. A 500 may be about the request (a context that
 * is too long), which is no failure of the upstream for any client.
 */
function isErrorRead(
  { status, headers }: Answer,
  ownCredentials: boolean,
  mayReadErrors: boolean,
  { failover }: RetryPolicy,
): boolean {
  switch (status) {
    case 400:
      return mayReadErrors && (failover || ownCredentials);
    case 403:
    case 412:
      return ownCredentials;
    case 413:
    case 422:
      return mayReadErrors && failover;
    case 429:
      return mayReadErrors;
    case 500:
      return headers.some(([name, value]) => name === "content-type" && /json/i.test(value));
    default:
      return false;
  }
}
