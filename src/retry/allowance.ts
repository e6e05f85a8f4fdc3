/**
 * What one request may still cost its group's retry budget. Free are a move where nothing was sent, and a request's
 * first other move if it is to an upstream that has not failed lately: one bad upstream of several must cost no client
 * an answer.
 */

import type { Member } from "../upstream/member.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface Allowance {
  /** Records a failed attempt, and whether nothing of the request was sent: that makes the next move free. */
  failed(sentNothing: boolean): void;
  /** Pays for an attempt at `member`; the first one costs nothing. */
  pay(member: Member, now: number): void;
  /** Whether there is any upstream that another attempt can be paid for. */
  reaches(now: number): boolean;
  /** Those of `candidates` for which it can. */
  among(candidates: readonly Member[], now: number): readonly Member[];
}

export function createAllowance(budget: RetryBudget, members: readonly Member[]): Allowance {
  let hasBegun = false;
  let hasMoved = false;
  /** The last attempt sent nothing. */
  let isFree = false;

  const isCovered = (now: number): boolean => isFree || budget.has(now);

  /** Tells to whom a move needs no budget. */
  function isFreeMove(now: number): (member: Member) => boolean {
    return ({ upstream }) => !hasMoved && !upstream.hasFailed(now);
  }

  return {
    failed(sentNothing) {
      isFree = sentNothing;
    },
    pay({ upstream }, now) {
      if (hasBegun && !isFree) {
        if (hasMoved || upstream.hasFailed(now)) budget.take(now);
        hasMoved = true;
      }
      hasBegun = true;
      isFree = false;
    },
    reaches: (now) => isCovered(now) || members.some(isFreeMove(now)),
    among: (candidates, now) => (isCovered(now) ? candidates : candidates.filter(isFreeMove(now))),
  };
}
