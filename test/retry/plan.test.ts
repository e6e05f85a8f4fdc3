import { describe, expect, it } from "vitest";
import { createPlan, type Plan, type Step } from "../../src/retry/plan.ts";
import type { RetryPolicy } from "../../src/retry/retry.ts";
import type { Member } from "../../src/upstream/member.ts";

const on: RetryPolicy = { enabled: true, attempts: 3, initial: 500, failover: false };
const off: RetryPolicy = { ...on, enabled: false, attempts: 0 };
const failoverOn: RetryPolicy = { ...on, attempts: 10, failover: true };

const status = { type: "move", reason: "status_500", counted: true, again: true } as const;
const refused = { type: "move", reason: "refused", counted: false, again: false } as const;
const timedOut = { type: "move", reason: "request_timeout", counted: true, again: false } as const;
const slowConnect = { ...refused, reason: "connect_timeout" } as const;

/** Members of which only the time until they are available matters. */
function members(...waits: number[]): Member[] {
  return waits.map((wait, i) => {
    const availableIn = (now: number) => Math.max(0, wait - now);
    return { name: "abcd"[i], upstream: { availableIn } } as unknown as Member;
  });
}

function createStage(policy: RetryPolicy, waits: readonly number[] = [0, 0], random = 0.5) {
  const all = members(...waits);
  const available = (now: number) => all.filter(({ upstream }) => upstream.availableIn(now) === 0);
  const availableIn = ({ upstream }: Member, now: number) => upstream.availableIn(now);
  const plan: Plan = createPlan(all, { available, availableIn }, policy, () => random);
  const names = (step: Step | undefined, now: number) =>
    step
      ?.candidates(now)
      .map(({ name }) => name)
      .join("");
  const next = (name: string, verdict: Parameters<Plan["after"]>[1], now = 0, retryAfter?: number) => {
    const member = all.find((one) => one.name === name);
    if (member === undefined) throw new Error(`no member ${name}`);
    const step = plan.after(member, verdict, now, retryAfter);
    return step === undefined ? undefined : { wait: step.wait, who: names(step, now + step.wait) };
  };
  return { next };
}

describe("among equals", () => {
  it("an untried one is next at once", () => {
    const { next } = createStage(on, [0, 0, 0]);
    expect(next("b", status)).toEqual({ wait: 0, who: "ac" });
    expect(next("a", status)).toEqual({ wait: 0, who: "c" });
  });

  it("one that is not available is passed over", () => {
    expect(createStage(on, [0, 100, 0]).next("a", status)).toEqual({ wait: 0, who: "c" });
  });

  it("the wait for one that is not available is worth it when only waiting helps", () => {
    expect(createStage(on, [0, 700]).next("a", timedOut)).toEqual({ wait: 700, who: "b" });
    expect(createStage(on, [0, 30_000]).next("a", timedOut)).toEqual({ wait: 30_000, who: "b" });
    expect(createStage(on, [0, 30_001]).next("a", timedOut)).toBeUndefined();
  });

  it("without retry nobody is waited for", () => {
    expect(createStage(off, [0, 700]).next("a", refused)).toBeUndefined();
    expect(createStage(off).next("a", refused)).toEqual({ wait: 0, who: "b" });
  });

  it("the backoff never passes 30 s", () => {
    const { next } = createStage({ ...on, attempts: 100, initial: 10_000 }, [0], 0.999999);
    const waits = Array.from({ length: 20 }, () => Math.round(next("a", status)?.wait ?? 0));
    expect(waits.slice(0, 3)).toEqual([10_000, 20_000, 30_000]);
    expect(Math.max(...waits)).toBe(30_000);
  });

  it("one that timed out or refused is not tried again", () => {
    const { next } = createStage(on);
    next("a", timedOut);
    expect(next("b", status)).toEqual({ wait: 250, who: "b" });
    expect(next("b", refused)).toBeUndefined();
  });

  it("a refusal does not use up a retry, whatever else does", () => {
    const { next } = createStage({ ...on, attempts: 1 }, [0, 0, 0, 0]);
    expect(next("a", refused)).toBeDefined();
    expect(next("b", status)).toBeDefined();
    expect(next("c", refused)).toBeDefined();
    expect(next("d", status)).toBeUndefined();
  });

  it("who was tried least is next after a wait", () => {
    const { next } = createStage(on);
    next("a", status);
    expect(next("b", status)?.who).toBe("ab");
    expect(next("a", status)?.who).toBe("b");
    const late = createStage({ ...on, initial: 2000 }, [0, 700]);
    expect(late.next("a", status)).toEqual({ wait: 1000, who: "b" });
  });

  it("a Retry-After is respected, and the shortest one is waited for", () => {
    const { next } = createStage(on);
    expect(next("a", status, 0, 4000)).toEqual({ wait: 0, who: "b" });
    expect(next("b", status, 1000, 9000)).toEqual({ wait: 3000, who: "a" });
  });

  it("three connect timeouts end a request, two don't", () => {
    const { next } = createStage(on, [0, 0, 0, 0]);
    expect(next("a", slowConnect)).toBeDefined();
    expect(next("b", slowConnect)).toBeDefined();
    expect(next("c", slowConnect)).toBeUndefined();
  });
});

describe("failover", () => {
  it("stays once, moves on, and begins each round anew", () => {
    const { next } = createStage(failoverOn);
    expect(next("a", status)).toEqual({ wait: 500, who: "a" });
    expect(next("a", status)).toEqual({ wait: 0, who: "b" });
    expect(next("b", status)).toEqual({ wait: 500, who: "b" });
    expect(next("b", status)).toEqual({ wait: 250, who: "ab" });
    expect(next("a", status)).toEqual({ wait: 500, who: "a" });
    expect(next("a", status)).toEqual({ wait: 0, who: "b" });
  });

  it("doubles the backoff with each round", () => {
    const { next } = createStage(failoverOn, [0]);
    const waits = Array.from({ length: 6 }, () => next("a", status)?.wait);
    expect(waits).toEqual([500, 250, 500, 500, 500, 1000]);
  });

  it("stays for a Retry-After of up to 5 s", () => {
    expect(createStage(failoverOn).next("a", status, 0, 5000)).toEqual({ wait: 5000, who: "a" });
    expect(createStage(failoverOn).next("a", status, 0, 5001)).toEqual({ wait: 0, who: "b" });
    expect(createStage(failoverOn).next("a", status, 0, 0)).toEqual({ wait: 0, who: "a" });
  });

  it("does not stay where it may not be tried again", () => {
    expect(createStage(failoverOn).next("a", timedOut)).toEqual({ wait: 0, who: "b" });
    expect(createStage({ ...off, failover: true }).next("a", { ...status, again: false })).toEqual({
      wait: 0,
      who: "b",
    });
  });

  it("moves on when the one it stayed for is no longer available", () => {
    expect(createStage(failoverOn, [900, 0]).next("a", status)).toEqual({ wait: 500, who: "b" });
  });

  it("passes over in a round what was ruled out in an earlier one", () => {
    const { next } = createStage(failoverOn);
    next("a", timedOut);
    next("b", status);
    expect(next("b", status)).toEqual({ wait: 250, who: "b" });
  });
});
