import { describe, expect, it } from "vitest";
import type { UpstreamConfig } from "../../src/config/config.ts";
import { type FetchInit, TransportError } from "../../src/runtime.ts";
import { Secret } from "../../src/secret.ts";
import { createHealth } from "../../src/upstream/health.ts";
import { createHealthCheck } from "../../src/upstream/health-check.ts";
import { createFakeClock, settle } from "../support/fake-clock.ts";

describe("health", () => {
  it("is up at first, down after three failures in a row, up after two successes", () => {
    const health = createHealth({ healthy: 2, unhealthy: 3 });
    const states = (...results: readonly boolean[]) =>
      results.map((well) => `${health.checked(well) ? "!" : ""}${health.isUp ? "up" : "down"}`);
    expect(states(false, false, true, false, false)).toEqual(["up", "up", "up", "up", "up"]);
    expect(states(false, false, true, false, true, true)).toEqual([
      "!down",
      "down",
      "down",
      "down",
      "down",
      "!up",
    ]);
  });
});

const upstream: UpstreamConfig = {
  name: "u",
  url: "https://gpu.internal:8443/v1?api-version=7",
  path: "join",
  auth: { type: "bearer", token: new Secret("k") },
  headers: [{ op: "replace", key: "x-org", value: new Secret("o") }],
};
const config = { path: "/healthz?full", interval: 10_000, timeout: 2_000, healthy: 2, unhealthy: 3 };

function createStage(answer: (init: FetchInit, nth: number) => Promise<Response>, random = 0.5) {
  const clock = createFakeClock();
  const results: string[] = [];
  const calls: { readonly url: string; readonly init: FetchInit; readonly at: number }[] = [];
  const check = createHealthCheck(upstream, config, {
    fetch(url, init) {
      calls.push({ url, init, at: clock.now() });
      return answer(init, calls.length);
    },
    agent: "LLMProxy/1.0",
    clock,
    random: () => random,
    onResult: (well, detail) => results.push(well ? "well" : detail),
  });
  return { clock, results, calls, check };
}

const aborted = ({ signal }: FetchInit): Promise<Response> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });

describe("a health check", () => {
  it("asks the given path of the host, with the upstream's own auth and header rules", async () => {
    const { calls, check } = createStage(() => Promise.resolve(new Response("ok")));
    check.start();
    await settle();
    expect(calls[0]?.url).toBe("https://gpu.internal:8443/healthz?full");
    expect(calls[0]?.init).toMatchObject({ method: "GET", body: null });
    expect(Object.fromEntries(calls[0]?.init.headers ?? [])).toMatchObject({
      authorization: "Bearer k",
      "x-org": "o",
      "user-agent": "LLMProxy/1.0",
    });
    check.stop();
  });

  it("takes 2xx and 3xx for well, and says of all else what it was", async () => {
    const answers = [
      () => Promise.resolve(new Response(null, { status: 204 })),
      () => Promise.resolve(new Response(null, { status: 302 })),
      () => Promise.resolve(new Response("", { status: 404 })),
      () => Promise.reject(new TransportError("refused", true, "no")),
      aborted,
    ];
    const { clock, results, check } = createStage((init, nth) => (answers[nth - 1] ?? aborted)(init));
    check.start();
    await settle();
    for (let i = 0; i < 70; i += 1) await clock.advance(1_000);
    expect(results.slice(0, 5)).toEqual(["well", "well", "status_404", "refused", "timeout"]);
    check.stop();
  });

  it.each([
    [0, 9_000],
    [0.5, 10_000],
    [0.999_999, 11_000],
  ])("comes an interval after the end of the last one, a tenth more or less (%s)", async (random, ms) => {
    const { clock, calls, check } = createStage(() => Promise.resolve(new Response("ok")), random);
    check.start();
    await settle();
    for (let i = 0; i < 120; i += 1) await clock.advance(100);
    expect(Math.abs((calls[1]?.at ?? 0) - (calls[0]?.at ?? 0) - ms)).toBeLessThan(101);
    check.stop();
  });

  it("is never made twice at once, and leaves nothing when it is stopped", async () => {
    const { clock, calls, results, check } = createStage(aborted);
    check.start();
    await clock.advance(1_900);
    expect(calls).toHaveLength(1);
    check.stop();
    await settle();
    expect(calls[0]?.init.signal.aborted).toBe(true);
    expect(results).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
