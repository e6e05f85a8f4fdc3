import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/base/secret.ts";
import type { Meaning } from "../../src/llm/meaning.ts";
import {
  type CredentialFault,
  countsAgainst,
  credentialFaultOf,
  isBreakerFailure,
  isUpstreamError,
} from "../../src/upstream/blame.ts";
import { createRig, type Step } from "../support/scripted-upstreams.ts";

/** Whose credentials were sent. */
type Whose = "own" | "client" | "none";

type Case = readonly [
  status: number,
  meaning: Meaning | undefined,
  whose: Whose,
  fault: CredentialFault | undefined,
  isError: boolean,
  against: boolean,
];

const cases: readonly Case[] = [
  [200, undefined, "own", undefined, false, false],
  [302, undefined, "own", undefined, false, false],
  [400, undefined, "own", undefined, false, false],
  [400, "context_length", "own", undefined, false, false],
  [400, "insufficient_quota", "own", "account_empty", true, true],
  [400, "invalid_key", "own", "invalid_key", true, true],
  [400, "invalid_key", "client", undefined, false, false],
  [401, undefined, "own", "unauthorized", true, true],
  [401, "invalid_key", "own", "unauthorized", true, true],
  [401, undefined, "client", undefined, false, false],
  [401, undefined, "none", undefined, false, false],
  [402, undefined, "own", "account_empty", true, true],
  [402, undefined, "client", undefined, false, false],
  [403, undefined, "own", undefined, false, false],
  [403, undefined, "client", undefined, false, false],
  [404, undefined, "own", undefined, false, false],
  [408, undefined, "client", undefined, true, true],
  [429, undefined, "own", undefined, true, true],
  [429, "insufficient_quota", "own", "account_empty", true, true],
  [429, undefined, "client", undefined, true, false],
  [429, "insufficient_quota", "client", undefined, true, false],
  [429, undefined, "none", undefined, true, true],
  [500, undefined, "client", undefined, true, true],
  [501, undefined, "client", undefined, true, true],
  [503, undefined, "none", undefined, true, true],
  [521, undefined, "client", undefined, true, true],
  [529, "overloaded", "client", undefined, true, true],
];

describe("what an answer says about its upstream", () => {
  it.each(cases)("%i (%s) for credentials of: %s", (status, meaning, whose, fault, isError, against) => {
    const answer = { status, meaning, ownCredentials: whose === "own" };
    expect(credentialFaultOf(answer)).toBe(fault);
    expect(isUpstreamError(answer)).toBe(isError);
    expect(countsAgainst(answer, () => whose === "client")).toBe(against);
  });

  it("is no failure for the breaker below 500", () => {
    for (let status = 200; status < 500; status += 1) expect(isBreakerFailure(status)).toBe(false);
  });
});

/** What happens in a history: a request, or time passes. */
type Event =
  | { readonly do: "ask"; readonly key: string; readonly model: string }
  | { readonly do: "pass"; readonly seconds: number };

const events: fc.Arbitrary<readonly Event[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("ask" as const),
        key: fc.constantFrom("A", "B", ""),
        model: fc.constantFrom("small", "large"),
      }),
    },
    fc.record({ do: fc.constant("pass" as const), seconds: fc.integer({ min: 1, max: 90 }) }),
  ),
  { minLength: 1, maxLength: 40 },
);

/** An upstream that gives every credential and model `quota` answers, then a limit of 60 s. */
function createLimiter(quota: number, now: () => number) {
  const used = new Map<string, number>();
  const until = new Map<string, number>();
  const isLimited = (scope: string): boolean => (until.get(scope) ?? 0) > now();
  const asked: { readonly scope: string; readonly limited: boolean }[] = [];
  const step: Step = (init) => {
    const key = new Headers(init.headers.map(([name, value]) => [name, value])).get("authorization") ?? "";
    const { model } = JSON.parse(new TextDecoder().decode(init.body as Uint8Array));
    const scope = `${key} ${model}`;
    asked.push({ scope, limited: isLimited(scope) });
    const count = (used.get(scope) ?? 0) + 1;
    used.set(scope, count % (quota + 1));
    if (count <= quota) return new Response("{}");
    until.set(scope, now() + 60_000);
    return new Response("{}", { status: 429, headers: { "retry-after": "60" } });
  };
  return { step, asked, isLimited };
}

describe("no client pays for another's limit", () => {
  it.each([
    ["the client's credentials", undefined],
    ["the proxy's own credentials", "own"],
  ])("with %s, in any history", async (_name, token) => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        async (life, quota, count) => {
          let now = (): number => 0;
          const limiters = Array.from({ length: count }, () => createLimiter(quota, () => now()));
          const scripts = limiters.map(
            ({ step }, i) => [`u${i}`, Array.from({ length: 200 }, () => step)] as const,
          );
          const auth = { type: "bearer", token: new Secret(`${token}`) } as const;
          const rig = createRig(
            Object.fromEntries(scripts),
            token === undefined ? {} : { upstream: { auth } },
          );
          now = rig.clock.now;
          for (const event of life) {
            if (event.do === "pass") {
              await rig.clock.advance(event.seconds * 1_000);
              continue;
            }
            const { key, model } = event;
            const sent = token ?? key;
            const scope = `${sent === "" ? "" : `Bearer ${sent}`} ${model}`;
            const isServed = limiters.some(({ isLimited }) => !isLimited(scope));
            const { result, upstream } = await rig.send({
              headers: new Headers(key === "" ? {} : { authorization: `Bearer ${key}` }),
              body: { type: "kept", bytes: new TextEncoder().encode(JSON.stringify({ model })) },
            });
            if (result.type === "answer") await new Response(result.answer.passOn()).text();
            // A request is sent exactly when some upstream does not limit its scope.
            expect(upstream !== undefined).toBe(isServed);
          }
          for (const { asked } of limiters) expect(asked.filter(({ limited }) => limited)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
