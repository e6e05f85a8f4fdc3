/** Makes one attempt and reads its answer as far as judging it needs. */

import type { Budget } from "../base/budget.ts";
import { statusReason } from "../base/errors.ts";
import type { Sense } from "../llm/meaning.ts";
import { recogniseBody } from "../llm/recognise.ts";
import type { OutgoingRequest } from "../message/request.ts";
import type { RetryPolicy } from "../retry/retry.ts";
import { retryAfterIn, retryAfterOf } from "../retry/retry-after.ts";
import type { LimitScope } from "../upstream/limit-scope.ts";
import type { Member } from "../upstream/member.ts";
import type { Answer, ReadResult } from "./answer.ts";
import type { AttemptOptions } from "./options.ts";
import { type SendDeps, send } from "./send.ts";
import type { Tried } from "./tried.ts";

export interface ExamineDeps extends SendDeps {
  readonly policy: RetryPolicy;
  readonly budget: Budget;
  /** See {@link Runtime.headLeavesWithBody}. */
  readonly headLeavesWithBody: boolean;
}

/** Most of an error's body that is looked at (bytes). */
const ERROR_BODY = 65_536;

/** Most of an answer that `stream_mode: false` reads before it is passed on (bytes); a larger one streams on. */
const WHOLE_BODY = 64 * 1024 * 1024;

/** Sends a request to one upstream and finds out what its answer says. Rejects as {@link send} does. */
export async function tryMember(
  request: OutgoingRequest,
  member: Member,
  options: AttemptOptions,
  deps: ExamineDeps,
): Promise<Tried> {
  const { policy, streamMode, budget } = deps;
  const { repeatable, ownCredentials, scope, mayFollow } = options;
  // An answer to a request that can't be sent again is passed on, whatever is in it.
  const holds = mayFollow && repeatable;
  const mayReadErrors = ownCredentials || holds || (mayFollow && policy.failover);
  const outcome = await send(request, member, options, deps);
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
