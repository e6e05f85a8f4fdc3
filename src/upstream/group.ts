/** The attempt loop: pick, send, judge, and then answer, move on, or wait and go round. */

import type { Balancer } from "../balance/balancer.ts";
import type { Clock, Random } from "../clock.ts";
import type { GroupConfig } from "../config/config.ts";
import type { Deadlines } from "../deadlines.ts";
import type { Failure } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import type { Budget } from "./budget.ts";
import { type ExamineOptions, type Tried, tryMember } from "./examine.ts";
import { type KeptAnswer, keepAnswer, type PassableAnswer } from "./kept-answer.ts";
import type { Member } from "./member.ts";
import { createPlan, type Step } from "./plan.ts";
import type { OutgoingRequest } from "./request.ts";
import { isRepeatable, type Judged, judge, type RetryPolicy } from "./retry.ts";
import { retryAfterOf } from "./retry-after.ts";
import { sleep } from "./sleep.ts";

export interface Group {
  readonly name: string;
  readonly members: readonly Member[];
  /** Sends a request to one upstream after another until there is an answer. Rejects only at a defect of the program. */
  send(request: OutgoingRequest): Promise<GroupAnswer>;
}

/** What a group has for the client, and how it came to it. */
export interface GroupAnswer {
  readonly result: Result;
  /** The upstream whose answer or failure it is; absent when none was tried. */
  readonly upstream?: string;
  /** Attempts that were begun. */
  readonly attempts: number;
  /** Why the last attempt that was not good enough failed: a value of the metric label `reason`. */
  readonly reason?: string;
}

export type Result =
  | { readonly type: "answer"; readonly answer: PassableAnswer }
  | { readonly type: "failure"; readonly failure: Failure };

export interface GroupDeps {
  readonly members: readonly Member[];
  readonly balancer: Balancer;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly random: Random;
  readonly watchBody: Runtime["watchBody"];
}

/** Most of an answer's body that is kept while something better is looked for (bytes). */
const KEPT_BODY = 65_536;

export function createGroup(config: GroupConfig, deps: GroupDeps): Group {
  const { members, balancer, budget, clock, random } = deps;
  const { timeouts, retry, streamMode } = config.client;
  const policy: RetryPolicy = {
    enabled: retry !== undefined,
    attempts: retry?.attempts ?? 0,
    initial: retry?.initial ?? 0,
    failover: config.strategy === "failover",
  };
  const options: ExamineOptions = { ...deps, timeouts, policy, streamMode, hasOthers: members.length > 1 };

  async function send(request: OutgoingRequest): Promise<GroupAnswer> {
    const started = clock.now();
    let candidates = available(members, started);
    if (candidates.length === 0) return { result: noneAvailable(started), attempts: 0 };

    const repeatable = isRepeatable(request.method, request.path, request.headers);
    const plan = createPlan(members, policy, random);
    let fallback: KeptAnswer | undefined;
    let reason: string | undefined;

    for (let attempts = 1; ; attempts += 1) {
      const member = pick(candidates, request.client);
      const tried = await tryMember(request, member, repeatable, options);
      const verdict =
        tried.type === "client"
          ? FINAL
          : judge(judged(tried), { repeatable, kept: isThere(request), ownAuth: member.ownAuth }, policy);
      if (verdict.type === "final") {
        fallback?.discard();
        return {
          result: resultOf(tried, member),
          upstream: member.name,
          attempts,
          ...(reason && { reason }),
        };
      }
      reason = verdict.reason;
      const step = inTime(plan.after(member, verdict, clock.now(), retryAfter(tried)), started);
      if (step === undefined && tried.type === "answer") {
        fallback?.discard();
        return { result: tried, upstream: member.name, attempts, reason };
      }
      if (step === undefined) {
        return { ...(await lastResort(request, tried, member, fallback)), attempts, reason };
      }

      if (tried.type === "answer") {
        fallback?.discard();
        fallback = keepAnswer(tried.answer, KEPT_BODY, budget);
      }
      // A timer may fire a moment early: what was waited for has come all the same.
      const due = clock.now() + step.wait;
      if (step.wait > 0 && !(await sleep(step.wait, clock, request.signal))) {
        fallback?.discard();
        return { result: LEFT, upstream: member.name, attempts, reason };
      }
      candidates = step.candidates(Math.max(due, clock.now()));
      if (candidates.length === 0) {
        return { ...(await lastResort(request, tried, member, fallback)), attempts, reason };
      }
      member.metrics.retried(reason);
    }
  }

  /** The strategy isn't asked where there is no choice: a move away from a bad upstream is no turn of the one left. */
  function pick(candidates: readonly Member[], client: string): Member {
    const [only] = candidates;
    return candidates.length === 1 && only !== undefined ? only : balancer.pick(candidates, client);
  }

  function noneAvailable(now: number): Result {
    const retryAfterMs = Math.min(...members.map((member) => member.upstream.availableIn(now)));
    return { type: "failure", failure: { kind: "no_upstream_available", group: config.name, retryAfterMs } };
  }

  /** No new attempt begins after `timeout.total`. */
  function inTime(step: Step | undefined, started: number): Step | undefined {
    return step !== undefined && clock.now() + step.wait - started < timeouts.total ? step : undefined;
  }

  function retryAfter(tried: Tried): number | undefined {
    return tried.type === "answer" ? retryAfterOf(tried.answer.headers, clock.wall()) : undefined;
  }

  /** Nothing more will be tried: the last answer that an upstream gave and that was kept, or else the last failure. */
  async function lastResort(
    { signal }: OutgoingRequest,
    tried: Tried,
    member: Member,
    fallback: KeptAnswer | undefined,
  ): Promise<{ result: Result; upstream: string }> {
    const answer = await fallback?.whole();
    if (signal.aborted) {
      fallback?.discard();
      return { result: LEFT, upstream: member.name };
    }
    if (answer !== undefined) return { result: { type: "answer", answer }, upstream: answer.member.name };
    if (tried.type === "answer") return { result: noneAvailable(clock.now()), upstream: member.name };
    return { result: resultOf(tried, member), upstream: member.name };
  }

  function resultOf(tried: Tried, member: Member): Result {
    if (tried.type === "answer") return tried;
    if (tried.type === "client") return { type: "failure", failure: tried.failure };
    const { failure } = tried;
    return {
      type: "failure",
      failure: { kind: "upstream", failure, group: config.name, upstream: member.name },
    };
  }

  return { name: config.name, members, send };
}

/** Whether a request's body is still there to be sent to another upstream. */
function isThere({ body }: OutgoingRequest): boolean {
  return body.type !== "stream" || body.isWhole();
}

const FINAL = { type: "final" } as const;

/** The client left while the next attempt was waited for. */
const LEFT: Result = { type: "failure", failure: { kind: "client_closed" } };

function available(members: readonly Member[], now: number): readonly Member[] {
  const isAvailable = (member: Member): boolean => member.upstream.availableIn(now) === 0;
  return members.every(isAvailable) ? members : members.filter(isAvailable);
}

function judged(tried: Exclude<Tried, { type: "client" }>): Judged {
  if (tried.type === "failure") return tried;
  const { status } = tried.answer;
  return { type: "status", status, ...(tried.says !== undefined && { says: tried.says }) };
}
