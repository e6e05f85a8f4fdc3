import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/base/secret.ts";
import { STRATEGIES } from "../../src/config/config.ts";
import { createForward } from "../../src/forward/app.ts";
import type { AccessRecord } from "../../src/log/log.ts";
import { createFakeClock, settle } from "../support/fake-clock.ts";
import { chunkOf, decidingChunk } from "../support/random-answers.ts";
import { actAs, type Client, clients, type MarkedBody } from "../support/random-clients.ts";
import { type Behaviour, behaviours, play } from "../support/random-upstreams.ts";
import { createRig } from "../support/scripted-upstreams.ts";
import { webRuntime } from "../support/web-runtime.ts";

const TIMEOUTS = { connect: 150, request: 300, stall: 300, total: 4000, idle: 60_000 };

/** Within `request`, and beyond some of the silences. */
const FIRST_TOKEN = 120;

const groups = fc.record({
  strategy: fc.constantFrom(...STRATEGIES),
  attempts: fc.constantFrom(0, 1, 3, 6),
  streamMode: fc.boolean(),
  firstToken: fc.constantFrom(undefined, undefined, FIRST_TOKEN),
  ownAuth: fc.boolean(),
  maxInFlight: fc.constantFrom(undefined, undefined, 1),
  breaker: fc.constantFrom(undefined, { threshold: 0.5, cooldown: 500 }),
  rateLimit: fc.constantFrom(undefined, undefined, { perSecond: 4, burst: 2 }),
  bufferLimit: fc.constantFrom(0, 300, 100_000, 1e9),
  scripts: fc.array(fc.array(behaviours, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
  seed: fc.integer({ min: 1, max: 0x7fffffff }),
});

describe("whatever happens", () => {
  it("every attempt and every request ends once, and nothing is left behind", async () => {
    await fc.assert(
      fc.asyncProperty(groups, fc.array(clients, { minLength: 1, maxLength: 3 }), async (group, cast) => {
        const stage = createStage(group);
        const played = cast.map((client, i) => stage.enter(client, `r${i}`));
        await settle();
        await stage.clock.advance(60_000);
        for (const { finish } of played) await finish();
        await settle();
        stage.expectNothingLeft(cast.length);
        for (const { id, expectTold } of played) {
          const lines = stage.log.filter((line) => line.id === id);
          expect(lines).toHaveLength(1);
          const calls = stage.callsOf(id).length;
          expect(lines[0]?.attempts).toBe(calls);
          expect(calls).toBeLessThanOrEqual(group.scripts.length + group.attempts + 1);
          expectTold(lines[0]);
        }
        await stage.expectCounted(cast.length);
      }),
      { numRuns: 10_000 },
    );
  }, 180_000);
});

type GroupCase = typeof groups extends fc.Arbitrary<infer T> ? T : never;

function createStage({ strategy, attempts, ownAuth, scripts, seed, ...limits }: GroupCase) {
  const { streamMode, firstToken } = limits;
  const clock = createFakeClock();
  const log: AccessRecord[] = [];
  const defects: unknown[] = [];
  const live = new Set<LiveCall>();
  const bodies = new Map<string, MarkedBody>();
  let marks = 0;

  const script = (upstream: number, steps: GroupCase["scripts"][number]) =>
    Array.from({ length: 40 }, (_, i) => steps[i % steps.length] ?? { type: "hangs" as const }).map(
      (behaviour) =>
        play(behaviour, {
          clock,
          begin({ headers, signal }) {
            marks += 1;
            const id = headers.find(([name]) => name === "x-request-id")?.[1] ?? "";
            const isProbe = rig.upstreams[upstream]?.state(clock.now()) === "open";
            if (isProbe) expectNoProbe(upstream);
            const call = { id, signal, probes: isProbe ? upstream : undefined };
            live.add(call);
            if (behaviour.type === "answers") bodies.set(String(marks), bodyOf(behaviour, marks, firstToken));
            return { mark: marks, end: () => live.delete(call) };
          },
        }),
    );
  const rig = createRig(Object.fromEntries(scripts.map((steps, i) => ["abc"[i] ?? "", script(i, steps)])), {
    clock,
    strategy,
    random: lehmer(seed),
    bufferLimit: limits.bufferLimit,
    client: {
      streamMode,
      timeouts: { ...TIMEOUTS, ...(firstToken !== undefined && { firstToken }) },
      ...(attempts > 0 && { retry: { attempts, initial: 100 } }),
    },
    upstream: {
      ...(ownAuth && { auth: { type: "bearer", token: new Secret("k") } as const }),
      ...(limits.breaker !== undefined && { breaker: limits.breaker }),
      ...(limits.maxInFlight !== undefined && { maxInFlight: limits.maxInFlight }),
      ...(limits.rateLimit !== undefined && { rateLimit: limits.rateLimit }),
    },
  });
  const forward = createForward(
    {
      name: "f",
      address: "127.0.0.1",
      port: 0,
      group: "g",
      routes: [],
      timeouts: { connect: 100, body: 400, write: 500, idle: 1000 },
      trustedProxies: [],
      maxBodySize: 100_000,
      explicit: [],
    },
    {
      ...rig,
      groups: new Map([["g", rig.group]]),
      runtime: webRuntime,
      pseudonym: "llmproxy-test-0",
      metrics: rig.metrics.forward("f"),
      log: {
        debug() {},
        info() {},
        warn() {},
        error: (_message, fields) => defects.push(fields),
        access: (record) => log.push(record),
      },
    },
  );

  /** A probe that was broken off has given its place back. */
  function expectNoProbe(upstream: number): void {
    const probes = [...live].filter(({ probes: of, signal }) => of === upstream && !signal.aborted);
    if (probes.length > 0) defects.push(`two probes of upstream ${upstream} at a time`);
  }

  const callsOf = (id: string) =>
    rig.calls.filter(({ init }) => init.headers.some(([, value]) => value === id));

  const enter = (client: Client, id: string) =>
    actAs(client, id, { clock, forward, log, bodies, live, callsOf });

  return {
    clock,
    log,
    callsOf,
    enter,
    expectNothingLeft(requests: number) {
      expect(defects).toEqual([]);
      expect(log).toHaveLength(requests);
      expect(live.size).toBe(0);
      expect(forward.running).toBe(0);
      expect(rig.upstreams.map(({ inFlight }) => inFlight)).toEqual(rig.upstreams.map(() => 0));
      expect(rig.deadlines.size).toBe(0);
      expect(clock.pending).toBe(0);
      expect(rig.budget.used).toBe(0);
    },
    async expectCounted(requests: number) {
      const samples = await rig.metrics.text();
      const sum = (name: string): number => sumOf(samples, name);
      const calls = rig.calls.length;
      expect(sum("llmproxy_in_flight_requests")).toBe(0);
      expect(sum("llmproxy_upstream_requests_total")).toBe(calls);
      expect(sum("llmproxy_upstream_duration_seconds_count")).toBe(calls);
      expect(sum("llmproxy_upstream_errors_total")).toBeLessThanOrEqual(calls);
      const rejected = sumOf(samples, "llmproxy_circuitbreaker_calls_total", 'result="rejected"');
      expect(sum("llmproxy_circuitbreaker_calls_total") - rejected).toBeLessThanOrEqual(calls);
      expect(rejected).toBeLessThanOrEqual(requests);
      expect(sum("llmproxy_http_requests_total")).toBe(requests);
      expect(sum("llmproxy_http_request_duration_seconds_count")).toBe(requests);
      const tried = log.filter((line) => line.attempts > 0).length;
      expect(sum("llmproxy_retries_total")).toBe(calls - tried);
    },
  };
}

interface LiveCall {
  readonly id: string;
  readonly signal: AbortSignal;
  /** The upstream whose way back it tries. */
  readonly probes: number | undefined;
}

function bodyOf(
  { form, after, body: { chunks, ending } }: Behaviour & { readonly type: "answers" },
  mark: number,
  firstToken: number | undefined,
): MarkedBody {
  const text = chunks.map(({ size }, i) => chunkOf(form, size, mark, i)).join("");
  const stalls = chunks.some((chunk) => chunk.after > TIMEOUTS.stall);
  const decidedAt = chunks.slice(0, decidingChunk(form) + 1).reduce((sum, chunk) => sum + chunk.after, after);
  const mayBeLate = firstToken !== undefined && decidedAt >= firstToken;
  return {
    text,
    outcome(stream) {
      if (ending !== "close" || stalls) return "broken";
      return stream && mayBeLate ? undefined : "whole";
    },
  };
}

function sumOf(samples: string, name: string, label = ""): number {
  let sum = 0;
  for (const line of samples.split("\n")) {
    if (line.startsWith(`${name}{`) && line.includes(label)) sum += Number(line.slice(line.lastIndexOf(" ")));
  }
  return sum;
}

/** The minimal standard generator of Park and Miller. */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}
