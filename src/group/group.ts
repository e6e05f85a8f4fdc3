/** The attempt loop: pick, send, judge, and then answer, move on, or wait and go round. */

import { type ExamineDeps, tryMember } from "../attempt/examine.ts";
import { type KeptAnswer, keepAnswer } from "../attempt/kept-answer.ts";
import type { AttemptOptions } from "../attempt/options.ts";
import type { Redirect } from "../attempt/redirect.ts";
import { isStale, judged, sentNothing, type Tried, waitAskedBy } from "../attempt/tried.ts";
import type { Balancer } from "../balance/balancer.ts";
import type { Budget } from "../base/budget.ts";
import type { Clock, Random } from "../base/clock.ts";
import type { Deadlines } from "../base/deadlines.ts";
import { sleep } from "../base/sleep.ts";
import type { GroupConfig } from "../config/config.ts";
import { createRequestFacts } from "../llm/facts.ts";
import type { OutgoingRequest } from "../message/request.ts";
import { createAllowance } from "../retry/allowance.ts";
import { createPlan, type Step } from "../retry/plan.ts";
import { judge, type RetryPolicy } from "../retry/retry.ts";
import { createRetryBudget } from "../retry/retry-budget.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { createAvailable } from "../upstream/available.ts";
import type { LimitScopes } from "../upstream/limit-scope.ts";
import type { Member } from "../upstream/member.ts";
import { createRequestAvailability, type RequestAvailability } from "../upstream/request-availability.ts";
import { createGroupEndpointLookup } from "./group-endpoint.ts";
import { LEFT, noneAvailable, type Result, resultOf } from "./result.ts";
import { type Trace, traceOf } from "./trace.ts";

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
  readonly upstream: string | undefined;
  /** Attempts that were begun, in order. */
  readonly trace: Trace;
  /** Why the last attempt that was not good enough failed: a value of the metric label `reason`. */
  readonly reason: string | undefined;
}

export interface GroupDeps {
  readonly members: readonly Member[];
  readonly balancer: Balancer;
  readonly budget: Budget;
  readonly scopes: LimitScopes;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly random: Random;
  readonly runtime: Pick<Runtime, "watchBody" | "createAbortController" | "headLeavesWithBody">;
}

/** Most of an answer's body that is kept while something better is looked for (bytes). */
const KEPT_BODY = 65_536;

export function createGroup(config: GroupConfig, deps: GroupDeps): Group {
  const { members, balancer, budget, scopes, clock, random } = deps;
  const { timeouts, retry, streamMode, redirects: onRedirect } = config.client;
  const policy: RetryPolicy = {
    enabled: retry !== undefined,
    attempts: retry?.attempts ?? 0,
    initial: retry?.initial ?? 0,
    failover: config.strategy === "failover",
  };
  const { headLeavesWithBody = false } = deps.runtime;
  const examineDeps: ExamineDeps = { ...deps, timeouts, policy, streamMode, headLeavesWithBody };
  const retryBudget = createRetryBudget();
  const available = createAvailable(members);
  const endpointAt = createGroupEndpointLookup(members);
  for (const { upstream } of members) {
    upstream.protect((now) => !available(now).some((member) => member.upstream !== upstream));
  }

  async function send(request: OutgoingRequest): Promise<GroupAnswer> {
    const started = clock.now();
    retryBudget.requested(started);
    const facts = createRequestFacts(request, endpointAt(request.path));
    const availability = createRequestAvailability(available, request, facts, scopes);
    const { scope } = availability;
    let candidates = availability.available(started);
    if (candidates.length === 0) {
      rejected(started);
      return {
        result: noneAvailable(config.name, members, availability, started),
        upstream: undefined,
        trace: [],
        reason: undefined,
      };
    }

    const { repeatable } = facts;
    const { signal } = request;
    const streaming = timeouts.firstToken !== undefined && facts.wantsStream();
    const plan = createPlan(members, availability, policy, random);
    const allowance = createAllowance(retryBudget, members);
    const trace: Trace[number][] = [];
    let fallback: KeptAnswer | undefined;
    let reason: string | undefined;
    let fresh = false;
    let mayBeStale = true;

    for (;;) {
      const member = pick(candidates, request.client);
      const ownCredentials = member.sendsOwnCredentials(request.headers);
      const redirects: Redirect[] | undefined = onRedirect === "follow" ? [] : undefined;
      const begun = clock.now();
      if (!fresh) allowance.pay(member, begun);
      const kept = request.body.type !== "stream";
      const mayFollow =
        kept && plan.mayFollow(member) && allowance.reaches(begun) && isInTime(begun, started);
      const options: AttemptOptions = {
        repeatable,
        kept,
        mayFollow,
        fresh,
        streaming,
        identity: ownCredentials || streaming || (mayFollow && (repeatable || policy.failover)),
        ownCredentials,
        scope,
        redirects,
      };
      const tried = await tryMember(request, member, options, examineDeps);
      const now = clock.now();
      trace.push(traceOf(member.name, tried, now - begun, redirects));

      fresh =
        mayBeStale && isStale(tried) && availability.availableIn(member, now) === 0 && isInTime(now, started);
      if (fresh) {
        // No failure of the upstream and no retry: the same attempt once more, on a new connection.
        mayBeStale = false;
        reason = "stale_connection";
        member.metrics.retried(reason);
        candidates = [member];
        continue;
      }
      const verdict =
        tried.type === "client"
          ? FINAL
          : judge(judged(tried), { repeatable, kept: isThere(request), ownCredentials }, policy);
      if (verdict.type === "final") {
        fallback?.discard();
        return { result: resultOf(tried, member), upstream: member.name, trace, reason };
      }
      reason = verdict.reason;
      allowance.failed(sentNothing(tried));
      const step = allowance.reaches(now)
        ? inTime(plan.after(member, verdict, now, waitAskedBy(tried), retryBudget.has(now)), started)
        : undefined;
      if (step === undefined && tried.type === "answer") {
        fallback?.discard();
        return { result: tried, upstream: member.name, trace, reason };
      }
      if (step === undefined) {
        return { ...(await lastResort({ signal, tried, member, fallback, availability })), trace, reason };
      }

      if (tried.type === "answer") {
        fallback?.discard();
        fallback = keepAnswer(tried.answer, KEPT_BODY, budget);
      }
      // A timer may fire a moment early: the wait is over nevertheless.
      const due = now + step.wait;
      if (step.wait > 0 && !(await sleep(step.wait, clock, signal))) {
        fallback?.discard();
        return { result: LEFT, upstream: member.name, trace, reason };
      }
      const later = Math.max(due, clock.now());
      candidates = allowance.among(step.candidates(later), later);
      if (candidates.length === 0) {
        return { ...(await lastResort({ signal, tried, member, fallback, availability })), trace, reason };
      }
      member.metrics.retried(reason);
    }
  }

  /** The strategy isn't asked where there is no choice: a move away from a bad upstream is no turn of the one left. */
  function pick(candidates: readonly Member[], client: string): Member {
    const [only] = candidates;
    return candidates.length === 1 && only !== undefined ? only : balancer.pick(candidates, client);
  }

  /** Counts a request that finds only open breakers, at the upstream that may be tried soonest. */
  function rejected(now: number): void {
    if (!members.every(({ upstream }) => upstream.isRejecting(now))) return;
    const waits = members.map(({ upstream }) => upstream.availableIn(now));
    members[waits.indexOf(Math.min(...waits))]?.metrics.breakerCall("rejected");
  }

  /** No new attempt begins after `timeout.total`. */
  function isInTime(now: number, started: number): boolean {
    return now - started < timeouts.total;
  }

  function inTime(step: Step | undefined, started: number): Step | undefined {
    return step !== undefined && isInTime(clock.now() + step.wait, started) ? step : undefined;
  }

  /** Nothing more will be tried: the last answer that an upstream gave and that was kept, or else the last failure. */
  async function lastResort({
    signal,
    tried,
    member,
    fallback,
    availability,
  }: LastResort): Promise<{ result: Result; upstream: string }> {
    const answer = await fallback?.whole();
    if (signal.aborted) {
      fallback?.discard();
      return { result: LEFT, upstream: member.name };
    }
    if (answer !== undefined) return { result: { type: "answer", answer }, upstream: answer.member.name };
    if (tried.type !== "answer") return { result: resultOf(tried, member), upstream: member.name };
    return { result: noneAvailable(config.name, members, availability, clock.now()), upstream: member.name };
  }

  return { name: config.name, members, send };
}

interface LastResort {
  readonly signal: AbortSignal;
  /** The last attempt, and its member. */
  readonly tried: Tried;
  readonly member: Member;
  readonly fallback: KeptAnswer | undefined;
  readonly availability: RequestAvailability;
}

/** Whether a request's body is still there to be sent to another upstream. */
function isThere({ body }: OutgoingRequest): boolean {
  return body.type !== "stream" || body.isWhole();
}

const FINAL = { type: "final" } as const;
