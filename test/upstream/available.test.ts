import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAvailable } from "../../src/upstream/available.ts";
import type { Upstream, UpstreamCall } from "../../src/upstream/upstream.ts";
import { begin, breaker, check, fail, type Options, upstream } from "./upstream-kit.ts";

/** A group of upstreams, and who of them is available by their numbers. */
function createStage(...all: readonly Options[]) {
  const members = all.map((options, number) => ({ number, upstream: upstream(options) }));
  const available = createAvailable(members);
  return {
    upstreams: members.map((member) => member.upstream),
    available,
    at: (now: number) => available(now).map(({ number }) => number),
  };
}

describe("those available", () => {
  it("are all at first, in order", () => {
    expect(createStage({}, {}, {}).at(0)).toEqual([0, 1, 2]);
  });

  it("are the same array as long as nothing changes, whatever is sent and however long it takes", () => {
    const { available, upstreams } = createStage({
      breaker,
      rateLimit: { perSecond: 10, burst: 3 },
      maxInFlight: 3,
      healthCheck: { ...check, healthy: 1, unhealthy: 2 },
    });
    const first = available(0);
    const calls = [begin(upstreams[0], 1), begin(upstreams[0], 2)];
    expect(available(2)).toBe(first);
    for (const call of calls) call.settle("failure", 3);
    upstreams[0]?.checked(false, 4);
    expect(available(1e9)).toBe(first);
  });

  it("are without one that is full until a request of its is over", () => {
    const { at, upstreams } = createStage({ maxInFlight: 2 }, {});
    const calls = [begin(upstreams[0], 0), begin(upstreams[0], 0)];
    expect(at(0)).toEqual([1]);
    expect(at(1e9)).toEqual([1]);
    calls[1]?.settle("none", 1e9);
    expect(at(1e9)).toEqual([0, 1]);
  });

  it("are without one that has no token until the very moment at which it has one", () => {
    const { at, upstreams } = createStage({}, { rateLimit: { perSecond: 3, burst: 1 } });
    begin(upstreams[1], 0);
    expect(at(333.3)).toEqual([0]);
    expect(at(333.4)).toEqual([0, 1]);
  });

  it("are without one that cools down until that is over, also when it lasts longer than at first", () => {
    const { at, upstreams } = createStage({}, {});
    upstreams[0]?.coolDown.cool(1_000, 0);
    expect(at(500)).toEqual([1]);
    upstreams[0]?.coolDown.cool(1_000, 500);
    expect(at(1_499)).toEqual([1]);
    expect(at(1_500)).toEqual([0, 1]);
    upstreams[1]?.coolDown.refused("account_empty", 2_000);
    expect(at(61_999)).toEqual([0]);
    expect(at(62_000)).toEqual([0, 1]);
  });

  it("are without one that limits the request's scope, for that scope only", () => {
    const { available, upstreams } = createStage({}, {});
    const scoped = (scope: number, now: number) =>
      available(now, { of: () => scope, isClients: () => false }).map(({ number }) => number);
    upstreams[0]?.limits.limit(7, 1_000, 0);
    expect(scoped(7, 0)).toEqual([1]);
    expect(scoped(8, 0)).toEqual([0, 1]);
    expect(available(0)).toHaveLength(2);
    expect(scoped(7, 999)).toEqual([1]);
    expect(scoped(7, 1_000)).toEqual([0, 1]);
  });

  it("do not ask for a scope while there is no limit", () => {
    const { available, upstreams } = createStage({}, {});
    const scope = {
      of: (): number => {
        throw new Error("asked");
      },
      isClients: () => false,
    };
    upstreams[0]?.limits.limit(7, 1_000, 0);
    expect(() => available(999, scope)).toThrow("asked");
    expect(available(1_000, scope)).toHaveLength(2);
  });

  it("are without one that is open, and with it for one probe at a time", () => {
    const { at, upstreams } = createStage({ breaker }, {});
    fail(upstreams[0], 0);
    expect(at(999)).toEqual([1]);
    expect(at(1_000)).toEqual([0, 1]);
    const probe = begin(upstreams[0], 1_000);
    expect(at(1e9)).toEqual([1]);
    probe.settle("none", 1e9);
    expect(at(1e9)).toEqual([0, 1]);
    begin(upstreams[0], 1e9).settle("failure", 1e9);
    expect(at(1e9 + 999)).toEqual([1]);
  });

  it("are without one that is down until it is up", () => {
    const { at, upstreams } = createStage({ healthCheck: { ...check, healthy: 2, unhealthy: 1 } }, {});
    upstreams[0]?.checked(false, 0);
    upstreams[0]?.checked(true, 1);
    expect(at(1e9)).toEqual([1]);
    upstreams[0]?.checked(true, 1e9);
    expect(at(1e9)).toEqual([0, 1]);
  });

  it("are looked at again for a moment before the last one", () => {
    const { at, upstreams } = createStage({}, {});
    upstreams[0]?.coolDown.cool(1_000, 0);
    expect(at(1_000)).toEqual([0, 1]);
    expect(at(999)).toEqual([1]);
  });

  it("are in another array after one was away, though nobody asked meanwhile", () => {
    const { available, upstreams } = createStage({}, {});
    const before = available(0);
    upstreams[0]?.coolDown.cool(10, 0);
    expect(available(20)).toEqual(before);
    expect(available(20)).not.toBe(before);
  });
});

/** What may happen to an upstream. */
type Step =
  | { readonly do: "begin"; readonly who: number; readonly anyway: boolean }
  | { readonly do: "settle"; readonly which: number; readonly result: "success" | "failure" | "none" }
  | { readonly do: "cool"; readonly who: number; readonly ms: number }
  | { readonly do: "refused"; readonly who: number }
  | { readonly do: "accepted"; readonly who: number }
  | { readonly do: "checked"; readonly who: number; readonly well: boolean }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "ask"; readonly early: number };

const UPSTREAMS = 4;
const who = fc.nat(UPSTREAMS - 1);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("begin" as const),
        who,
        anyway: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("settle" as const),
        which: fc.nat(20),
        result: fc.constantFrom("success", "failure", "failure", "none"),
      }),
    },
    fc.record({
      do: fc.constant("cool" as const),
      who,
      ms: fc.oneof(fc.constant(5e-324), fc.double({ min: 0, max: 2_000, noNaN: true })),
    }),
    fc.record({ do: fc.constant("refused" as const), who }),
    fc.record({ do: fc.constant("accepted" as const), who }),
    fc.record({ do: fc.constant("checked" as const), who, well: fc.boolean() }),
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("pass" as const),
        ms: fc.oneof(fc.constantFrom(1, 100, 1_000, 60_000), fc.double({ min: 0, max: 1_500, noNaN: true })),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant("ask" as const), early: fc.constantFrom(0, 0, 0, 0.7) }),
    },
  ),
  { maxLength: 150 },
);
const count = fc.integer({ min: 1, max: 2 });
const options: fc.Arbitrary<Options> = fc.record(
  {
    breaker: fc.constant(breaker),
    rateLimit: fc.record({
      perSecond: fc.integer({ min: 1, max: 30 }),
      burst: fc.integer({ min: 1, max: 3 }),
    }),
    maxInFlight: fc.integer({ min: 1, max: 3 }),
    healthCheck: fc.record({ healthy: count, unhealthy: count }).map((counts) => ({ ...check, ...counts })),
  },
  { requiredKeys: [] },
);

/** Lives through the steps, and compares at each `ask` what is kept with what each upstream says itself. */
function live(configs: readonly Options[], life: readonly Step[]): void {
  const upstreams = configs.map((config) => upstream(config));
  // Two groups share them, in different orders.
  const groups = [upstreams, [...upstreams].reverse().slice(1)].map((all) => {
    const members = all.map((one) => ({ upstream: one }));
    return { members, available: createAvailable(members) };
  });
  const running: UpstreamCall[] = [];
  const seen = new Map<readonly object[], string>();
  /** How often each went away so far: one that did in between makes for another array. */
  const left = new Map<Upstream, number>();
  const away = new Set<Upstream>();
  let now = 1_000;

  function ask(at: number): void {
    for (const { members, available } of groups) {
      const kept = available(at);
      expect(kept).toEqual(members.filter((member) => member.upstream.availableIn(at) === 0));
      const story = JSON.stringify(kept.map((one) => [left.get(one.upstream), `${one.upstream.backAt}`]));
      expect(seen.get(kept) ?? story).toBe(story);
      seen.set(kept, story);
    }
  }

  function take(step: Step): void {
    if (step.do === "pass") now += step.ms;
    else if (step.do === "ask") ask(now + step.early);
    else if (step.do === "settle") {
      const [call] = running.splice(step.which % Math.max(1, running.length), 1);
      call?.settle(step.result, now);
    } else {
      const one = upstreams[step.who];
      if (one === undefined) throw new Error("no such upstream");
      if (step.do === "cool") one.coolDown.cool(step.ms, now);
      else if (step.do === "refused") one.coolDown.refused("account_empty", now);
      else if (step.do === "checked") one.checked(step.well, now);
      else if (step.do === "accepted") one.coolDown.accepted(now);
      else if (step.anyway || one.availableIn(now) === 0) running.push(begin(one, now));
    }
  }

  for (const step of life) {
    take(step);
    for (const one of upstreams) {
      if (one.availableIn(now) === 0) away.delete(one);
      else if (!away.has(one)) {
        away.add(one);
        left.set(one, (left.get(one) ?? 0) + 1);
      }
    }
  }
  ask(now);
}

describe("what is kept of availability", () => {
  it("is what each upstream would say if asked, whatever happens and whenever it is looked at", () => {
    fc.assert(fc.property(fc.array(options, { minLength: UPSTREAMS, maxLength: UPSTREAMS }), steps, live), {
      numRuns: 1_000,
      // Seen back a moment early, at which it still is away.
      examples: [
        [
          [{}, {}, {}, {}],
          [
            { do: "cool", who: 0, ms: 1e-13 },
            { do: "ask", early: 0.7 },
            { do: "pass", ms: 1 },
          ],
        ],
      ],
    });
  });
});
