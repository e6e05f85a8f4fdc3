/** One attempt as the loop sees it: sent, and its answer read as far as it must be to be judged. */

import { type Failure, statusReason, type UpstreamFailure } from "../errors.ts";
import { recogniseBody, type Sense } from "../llm/recognise.ts";
import type { Answer, ReadResult } from "./answer.ts";
import type { Budget } from "./budget.ts";
import type { LimitScope } from "./limit-scope.ts";
import type { Member } from "./member.ts";
import type { OutgoingRequest } from "./request.ts";
import type { RetryPolicy } from "./retry.ts";
import { retryAfterIn, retryAfterOf } from "./retry-after.ts";
import { type Manner, type SendDeps, send } from "./send.ts";

/** What an attempt came to. */
export type Tried =
  | {
      readonly type: "answer";
      readonly answer: Answer;
      /** What the error in its body says, where that was read; else its own status. */
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

/** What is known of an attempt before it is made. */
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
  // What is not safe to send again is the client's, whatever is in it.
  const holds = mayFollow && repeatable;
  const readsErrors = ownCredentials || holds || (mayFollow && policy.failover);
  const untilWhole = !streamMode;
  const identity = holds || readsErrors || (streaming && deps.timeouts.firstToken !== undefined);
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
  const tellsMore = isTelling(answer, ownCredentials, readsErrors, policy);
  const asItIs: Sense = { status, meaning: undefined };
  if (tellsMore) answer.awaitAssessment();
  else answer.assessed(asItIs, statusReason(status));
  const read = await readAsNeeded();
  if (read !== undefined && read.type !== "read") return read;
  const sense = tellsMore && read !== undefined ? recogniseBody(status, read.bytes) : asItIs;
  if (tellsMore) answer.assessed(sense, statusReason(status));
  if (tellsMore && read !== undefined) retryAfter ??= learnRetryAfter(answer, scope, deps, read.bytes);
  return { type: "answer", answer, sense, retryAfter };

  function readAsNeeded(): ReturnType<Answer["read"]> | undefined {
    if (!streamMode) return answer.read(WHOLE_BODY, budget);
    if (tellsMore) return answer.read(ERROR_BODY, budget);
    const { headLeavesWithBody } = deps;
    if (!holds) return headLeavesWithBody ? answer.read(1, budget) : undefined;
    return headLeavesWithBody ? holdPastFirstByte() : answer.hold(budget);
  }

  /** No byte has gone to the client before the first one of the body: until then a failure can still be answered. */
  async function holdPastFirstByte(): Promise<ReadResult> {
    const held = await answer.hold(budget);
    return held.type === "read" && held.bytes.byteLength === 0 ? answer.read(1, budget) : held;
  }
}

/**
 * Reads how long the upstream asks to be left alone, in its fields or, where that is given, in its body: after a 429 by
 * requests of the same scope, after a 5xx by all. A 408 is about one request.
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
 * Whether an answer's body may say something that changes what follows. A 500 may be about the request: that is no
 * failure of its upstream, whoever sent it.
 */
function isTelling(
  { status, headers }: Answer,
  ownCredentials: boolean,
  readsErrors: boolean,
  { failover }: RetryPolicy,
): boolean {
  switch (status) {
    case 400:
      return readsErrors && (failover || ownCredentials);
    case 403:
    case 412:
      return ownCredentials;
    case 413:
    case 422:
      return readsErrors && failover;
    case 429:
      return readsErrors;
    case 500:
      return headers.some(([name, value]) => name.toLowerCase() === "content-type" && value.includes("json"));
    default:
      return false;
  }
}
