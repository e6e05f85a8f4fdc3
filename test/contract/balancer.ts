/** What every strategy keeps to, whatever it prefers. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AttemptResult, Balancer, Candidate } from "../../src/balance/balancer.ts";
import type { Random } from "../../src/base/clock.ts";
import { seeded } from "../../src/simulator/random.ts";
import { addresses, candidate, candidates, type TestCandidate, tally } from "../balance/kit.ts";

export interface BalancerSubject {
  readonly name: string;
  create(random: Random): Balancer;
  /** Rows that this strategy is not made for, with the reason. */
  readonly skip?: Partial<Readonly<Record<SkippableRow, string>>>;
}

export type SkippableRow = "even" | "weighted" | "reaches all" | "dropped share";

const MEMBERS = 8;

/** Requests that run at once in {@link serve}: enough for shares of them to be near the weights. */
const IN_FLIGHT = 200;

/** One step in a group's life. */
type Step =
  | { readonly type: "pick"; readonly mask: number; readonly client: string }
  | { readonly type: "settle"; readonly who: number; readonly result: AttemptResult }
  | { readonly type: "load"; readonly who: number; readonly inFlight: number };

const who = fc.nat(MEMBERS - 1);
const result: fc.Arbitrary<AttemptResult> = fc
  .record({
    success: fc.constantFrom(true, false, undefined),
    ms: fc.option(fc.integer({ min: 0, max: 600_000 }), { nil: undefined }),
  })
  .map(({ success, ms }) => ({ success, ...(ms !== undefined && { firstByteMs: ms }) }));
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant("pick" as const),
        mask: fc.integer({ min: 1, max: 2 ** MEMBERS - 1 }),
        client: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
      }),
    },
    fc.record({ type: fc.constant("settle" as const), who, result }),
    fc.record({ type: fc.constant("load" as const), who, inFlight: fc.nat(1000) }),
  ),
  { maxLength: 60 },
);
const members: fc.Arbitrary<readonly TestCandidate[]> = fc
  .tuple(
    fc.uniqueArray(fc.string({ unit: "binary" }), { minLength: MEMBERS, maxLength: MEMBERS }),
    fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: MEMBERS, maxLength: MEMBERS }),
  )
  .map(([names, weights]) => names.map((name, i) => candidate(name, weights[i] ?? 1)));

/** Runs a group's life and returns what was picked, with what it was picked from. */
function live(balancer: Balancer, group: readonly TestCandidate[], life: readonly Step[]) {
  const picked: { readonly available: readonly Candidate[]; readonly chosen: Candidate }[] = [];
  for (const step of life) {
    if (step.type === "pick") {
      const available = Object.freeze(group.filter((_, i) => (step.mask >> i) & 1));
      picked.push({ available, chosen: balancer.pick(available, step.client) });
      continue;
    }
    const member = group[step.who];
    if (member === undefined) throw new Error("no such member");
    if (step.type === "load") member.inFlight = step.inFlight;
    else balancer.settled?.(member, step.result);
  }
  return picked;
}

/** Picks so often, each for another client, with every request still in flight for a while. */
function serve(balancer: Balancer, available: readonly TestCandidate[], count: number): readonly string[] {
  const running: TestCandidate[] = [];
  const clients = addresses(count);
  const names = clients.map((client) => {
    const chosen = balancer.pick(available, client);
    chosen.inFlight += 1;
    running.push(chosen);
    if (running.length > IN_FLIGHT) end(balancer, running.shift());
    return chosen.name;
  });
  for (const chosen of running) end(balancer, chosen);
  return names;
}

function end(balancer: Balancer, chosen: TestCandidate | undefined): void {
  if (chosen === undefined) return;
  chosen.inFlight -= 1;
  balancer.settled?.(chosen, { success: true, firstByteMs: 200 });
}

function expectAbout(count: number | undefined, expected: number): void {
  expect(count).toBeGreaterThan(expected * 0.9);
  expect(count).toBeLessThan(expected * 1.1);
}

/** The whole suite for one strategy. */
export function balancerContract({ name, create, skip = {} }: BalancerSubject): void {
  const row = (key: SkippableRow, title: string, run: () => void): void => {
    const reason = skip[key];
    it(title, (context) => {
      context.skip(reason !== undefined, reason);
      run();
    });
  };

  describe(`the ${name} balancer`, () => {
    it("picks one of those available, whatever happened before, and leaves the array alone", () => {
      fc.assert(
        fc.property(members, steps, fc.integer(), (group, life, seed) => {
          for (const { available, chosen } of live(create(seeded(seed)), group, life)) {
            expect(available.includes(chosen)).toBe(true);
          }
        }),
      );
    });

    it("makes the same picks again from the same random numbers", () => {
      fc.assert(
        fc.property(members, steps, fc.integer(), (group, life, seed) => {
          const copy = group.map((member) => ({ ...member }));
          const names = (of: readonly TestCandidate[]) =>
            live(create(seeded(seed)), of, life).map(({ chosen }) => chosen.name);
          expect(names(copy)).toEqual(names(group));
        }),
        { numRuns: 50 },
      );
    });

    it("always picks the only one there is", () => {
      fc.assert(
        fc.property(members, steps, who, (group, life, only) => {
          const balancer = create(seeded(1));
          live(balancer, group, life);
          const single = group.slice(only, only + 1);
          for (let i = 0; i < 5; i += 1) expect(balancer.pick(single, "192.0.2.1")).toBe(single[0]);
        }),
        { numRuns: 50 },
      );
    });

    it("says so when there is nobody to pick", () => {
      const balancer = create(seeded(1));
      expect(() => balancer.pick([], "192.0.2.1")).toThrow(RangeError);
      balancer.pick(candidates(1, 1), "192.0.2.1");
      expect(() => balancer.pick([], "192.0.2.1")).toThrow(RangeError);
    });

    it("picks for extremes of random", () => {
      const all = candidates(1, 65_535, 3);
      for (const extreme of [0, 1 - 2 ** -53]) {
        const balancer = create(() => extreme);
        for (let i = 0; i < 50; i += 1) expect(all).toContain(balancer.pick(all, `192.0.2.${i}`));
      }
    });

    it("takes results for candidates that it never picked", () => {
      const balancer = create(seeded(1));
      const all = candidates(1, 1, 1);
      for (const one of all) balancer.settled?.(one, { success: false });
      for (const one of all) balancer.settled?.(one, { success: undefined });
      for (const one of all) balancer.settled?.(one, { success: true, firstByteMs: 0 });
      expect(all).toContain(balancer.pick(all, "192.0.2.1"));
    });

    it("works on a thousand candidates that come and go", () => {
      const balancer = create(seeded(7));
      const all = candidates(...Array.from({ length: 1000 }, (_, i) => 1 + (i % 9)));
      const random = seeded(8);
      for (let i = 0; i < 200; i += 1) {
        const chance = random();
        const available = all.filter(() => random() < chance);
        if (available.length === 0) continue;
        const chosen = balancer.pick(available, `2001:db8::${i.toString(16)}`);
        expect(available.includes(chosen)).toBe(true);
        balancer.settled?.(chosen, { success: i % 3 > 0, firstByteMs: i });
      }
    });

    it("keeps groups apart: two balancers share nothing", () => {
      const all = candidates(1, 1, 1);
      const alone = serve(create(seeded(3)), all, 30);
      const other = create(seeded(4));
      const balancer = create(seeded(3));
      const beside = serve(balancer, all, 15);
      serve(other, all, 7);
      expect(beside).toEqual(alone.slice(0, 15));
    });

    row("reaches all", "sends something to everyone in the long run", () => {
      const all = candidates(1, 2, 3, 4);
      expect(Object.keys(tally(serve(create(seeded(5)), all, 2000)))).toHaveLength(4);
    });

    row("even", "shares evenly among equals", () => {
      const all = candidates(1, 1, 1, 1);
      const shares = tally(serve(create(seeded(6)), all, 8000));
      for (const one of all) expectAbout(shares[one.name], 2000);
    });

    row("weighted", "shares by weight", () => {
      const all = candidates(5, 1, 2);
      const shares = tally(serve(create(seeded(6)), all, 16_000));
      for (const { name, weight } of all) expectAbout(shares[name], 2000 * weight);
    });

    row("dropped share", "gives an absent one's share to all the others, not to its neighbour", () => {
      const all = candidates(1, 1, 1, 1, 1);
      const balancer = create(seeded(9));
      serve(balancer, all, 100);
      const rest = all.filter((_, i) => i !== 2);
      const shares = tally(serve(balancer, rest, 8000));
      for (const one of rest) expectAbout(shares[one.name], 2000);
    });
  });
}
