/** One attempt as the loop sees it: sent, and its answer read as far as it must be to be judged. */

import { type Failure, statusReason, type UpstreamFailure } from "../errors.ts";
import type { Answer } from "./answer.ts";
import type { Budget } from "./budget.ts";
import { errorSays } from "./error-body.ts";
import type { Member } from "./member.ts";
import type { OutgoingRequest } from "./request.ts";
import { isUpstreamFault, type RetryPolicy } from "./retry.ts";
import { type SendOptions, send } from "./send.ts";

/** What an attempt came to. */
export type Tried =
  | { readonly type: "answer"; readonly answer: Answer; readonly says: ReturnType<typeof errorSays> }
  | { readonly type: "failure"; readonly failure: UpstreamFailure }
  /** The client's side ended it. */
  | { readonly type: "client"; readonly failure: Failure };

export interface ExamineOptions extends Omit<SendOptions, "identity" | "untilWhole" | "repeatable"> {
  readonly policy: RetryPolicy;
  /** `stream_mode`: false reads every answer whole. */
  readonly streamMode: boolean;
  readonly budget: Budget;
  /** Whether the group has a second upstream. */
  readonly hasOthers: boolean;
}

/** Most of an error's body that is looked at (bytes). */
const ERROR_BODY = 65_536;

/** Most of an answer that `stream_mode: false` reads before it is passed on (bytes); a larger one streams on. */
const WHOLE_BODY = 64 * 1024 * 1024;

/** Sends a request to one upstream and finds out what its answer says. Rejects as {@link send} does. */
export async function tryMember(
  request: OutgoingRequest,
  member: Member,
  repeatable: boolean,
  options: ExamineOptions,
): Promise<Tried> {
  const { policy, streamMode } = options;
  const mayMove = request.body.type !== "stream" && (options.hasOthers || policy.enabled);
  const looks = mayMove && (policy.failover || (member.ownAuth && policy.enabled));
  const outcome = await send(request, member, {
    ...options,
    untilWhole: !streamMode,
    identity: looks,
    repeatable,
  });
  if (outcome.type !== "answer") return outcome;

  const { answer } = outcome;
  if (isUpstreamFault(answer.status, member.ownAuth)) answer.blame(statusReason(answer.status));
  const telling = looks && isTelling(answer, policy);
  if (streamMode && !telling) return { type: "answer", answer, says: undefined };
  const read = await answer.read(streamMode ? ERROR_BODY : WHOLE_BODY, options.budget);
  if (read.type !== "read") return read;
  return { type: "answer", answer, says: telling ? errorSays(answer.status, read.bytes) : undefined };
}

/** Whether an error's body can change who is tried next. */
function isTelling({ status, member }: Answer, policy: RetryPolicy): boolean {
  if (status === 429) return member.ownAuth;
  return policy.failover && (status === 400 || status === 413);
}
