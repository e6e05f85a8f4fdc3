/**
 * An answer that was not good enough, kept in case nothing better comes: the last answer of an upstream is what the
 * client gets when tries run out. Its body is read in the background, so that the upstream is free for others.
 */

import type { Budget } from "../base/budget.ts";
import type { HeaderPair } from "../runtime/runtime.ts";
import type { Answer } from "./answer.ts";

export interface KeptAnswer {
  /** The answer, ready to be passed on; undefined when it broke or was too large to keep. */
  whole(): Promise<PassableAnswer | undefined>;
  /** Lets go of it; safe at any time. */
  discard(): void;
}

/** An answer that can be passed on. */
export type PassableAnswer = Pick<Answer, "member" | "status" | "statusText" | "passOn" | "join"> & {
  readonly headers: readonly HeaderPair[];
};

/** Keeps an answer whose body is at most `limit` bytes. */
export function keepAnswer(answer: Answer, limit: number, budget: Budget): KeptAnswer {
  let discarded = false;
  const reading = answer.read(limit, budget).then((read) => {
    if (read.type === "read" && read.whole && !discarded) return answer;
    answer.discard();
    return undefined;
  });
  return {
    whole: () => reading,
    discard() {
      discarded = true;
      answer.discard();
    },
  };
}
