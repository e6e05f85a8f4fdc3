import { describe, expect, it } from "vitest";
import { Secret } from "../../src/base/secret.ts";
import type { ByteStream } from "../../src/runtime/runtime.ts";
import { createHealthCheck } from "../../src/upstream/health-check.ts";
import { createFakeClock, settle } from "../support/fake-clock.ts";
import {
  CONFIG,
  createStage,
  delayed,
  failing,
  hang,
  type StageOptions,
  status,
  UPSTREAM,
} from "./health-check-fixture.ts";

describe("what a health check asks", () => {
  const asked = async (options: StageOptions) => {
    const { calls, check } = createStage([status(200)], options);
    check.start();
    await settle();
    check.stop();
    return calls[0];
  };

  it.each([
    ["/healthz?full", "https://gpu.internal:8443/healthz?full"],
    ["/", "https://gpu.internal:8443/"],
    ["//elsewhere.example/healthz", "https://gpu.internal:8443//elsewhere.example/healthz"],
    ["/\\elsewhere.example", "https://gpu.internal:8443/\\elsewhere.example"],
  ])("is the path %s of the upstream's own host, without the base's path and query", async (path, url) => {
    expect((await asked({ path }))?.url).toBe(url);
    expect(new URL(url).host).toBe("gpu.internal:8443");
  });

  it("has a host only, whatever the upstream's path mode", async () => {
    const fixed = { url: "http://[::1]:8000/v1/chat/completions", path: "fixed" } as const;
    expect((await asked({ upstream: fixed, path: "/health" }))?.url).toBe("http://[::1]:8000/health");
  });

  it("is a GET without a body on a connection of its own, so that no stale one makes a well upstream ill", async () => {
    expect((await asked({}))?.init).toMatchObject({
      method: "GET",
      body: null,
      fresh: true,
      repeatable: true,
    });
  });

  it("has the agent, the upstream's own auth and then its header rules, and nothing else", async () => {
    expect((await asked({}))?.init.headers).toEqual([
      ["user-agent", "LLMProxy/1.0"],
      ["accept-encoding", "identity"],
      ["authorization", "Bearer k"],
      ["x-org", "o"],
    ]);
  });

  it("has no auth where there is none, and what the rules put in place of fields", async () => {
    const call = await asked({
      upstream: {
        auth: { type: "none" },
        headers: [
          { op: "insert", key: "x-api-key", value: new Secret("anthropic") },
          { op: "insert", key: "user-agent", value: new Secret("not this") },
          { op: "remove", key: "accept-encoding" },
        ],
      },
    });
    expect(call?.init.headers).toEqual([
      ["user-agent", "LLMProxy/1.0"],
      ["x-api-key", "anthropic"],
    ]);
  });
});

describe("what a health check finds", () => {
  it.each([
    ["well: status_200", status(200)],
    ["well: status_204", status(204)],
    ["well: status_302", status(302, { location: "http://elsewhere.example/" })],
    ["well: status_399", status(399)],
    ["ill: status_401", status(401)],
    ["ill: status_404", status(404)],
    ["ill: status_429", status(429)],
    ["ill: status_503", status(503)],
    ["ill: refused", failing("refused")],
    ["ill: dns", failing("dns")],
    ["ill: tls", failing("tls")],
    ["ill: reset", failing("reset")],
    ["ill: bad_response", failing("bad_response")],
    ["ill: TypeError: odd", () => Promise.reject(new TypeError("odd"))],
  ])("%s", async (expected, answer) => {
    const { results, calls, check } = createStage([answer]);
    check.start();
    await settle();
    expect(results).toEqual([expected]);
    expect(calls).toHaveLength(1);
    check.stop();
  });

  it("is nothing where the proxy has no socket left, and it asks again", async () => {
    const { clock, results, calls, check } = createStage([failing("no_socket"), status(200)]);
    check.start();
    await settle();
    expect([results, calls.length]).toEqual([[], 1]);
    await clock.advance(10_000);
    expect(results).toEqual(["well: status_200"]);
    check.stop();
  });

  it("is a timeout when no head came in time, not a moment before, and once only", async () => {
    const { clock, results, calls, check } = createStage([hang]);
    check.start();
    await clock.advance(1_999);
    expect(results).toEqual([]);
    await clock.advance(1);
    expect(results).toEqual(["ill: timeout"]);
    expect(calls[0]?.init.signal.aborted).toBe(true);
    await clock.advance(9_999);
    expect(results).toHaveLength(1);
    check.stop();
  });

  it("is not held up by a body that has no end, or that does not take its own: it is let go unread", async () => {
    let pulled = 0;
    let cancelled = 0;
    const body: ByteStream = new ReadableStream(
      {
        pull() {
          pulled += 1;
          return new Promise(() => {});
        },
        cancel() {
          cancelled += 1;
          return new Promise(() => {});
        },
      },
      { highWaterMark: 0 },
    );
    const { clock, results, calls, check } = createStage([() => Promise.resolve(new Response(body))]);
    check.start();
    await settle();
    expect(results).toEqual(["well: status_200"]);
    expect([pulled, cancelled, calls[0]?.init.signal.aborted]).toEqual([0, 1, true]);
    expect(clock.pending).toBe(1);
    check.stop();
  });

  it("is not changed by a body that breaks while it is let go", async () => {
    const body: ByteStream = new ReadableStream({
      cancel: () => Promise.reject(new Error("broken")),
    });
    const { results, check } = createStage([() => Promise.resolve(new Response(body))]);
    check.start();
    await settle();
    expect(results).toEqual(["well: status_200"]);
    check.stop();
  });
});

describe("when health checks are made", () => {
  it("is at once at the start, which does not wait for the answer", () => {
    const { calls, results, check } = createStage([hang]);
    check.start();
    expect([calls.length, results.length]).toEqual([1, 0]);
    check.stop();
  });

  it.each([
    ["a tenth less", 0, 9_000],
    ["exactly", 0.5, 10_000],
    ["a tenth more", 1 - 2 ** -53, 11_000],
  ])("is an interval after the end of the last one: %s", async (_, random, gap) => {
    const stage = createStage([hang, status(200)], { random });
    const { clock, calls, check } = stage;
    check.start();
    await clock.advance(50_000);
    const times = calls.map(({ at }) => Math.round(at));
    // The first one took its whole 2 s, the others none.
    expect(times.slice(0, 4)).toEqual([0, 2_000 + gap, 2_000 + 2 * gap, 2_000 + 3 * gap]);
    check.stop();
  });

  it("is never while another one runs, however slow the upstream is", async () => {
    const slow = createFakeClock();
    const stage = createStage([delayed(slow, 1_500, status(200))]);
    stage.check.start();
    for (let i = 0; i < 1_000; i += 1) {
      await Promise.all([stage.clock.advance(100), slow.advance(100)]);
    }
    expect(stage.most).toBe(1);
    expect(stage.calls.length).toBeGreaterThan(7);
    expect(new Set(stage.results)).toEqual(new Set(["well: status_200"]));
    stage.check.stop();
  });
});

describe("a health check that is stopped", () => {
  it("gives up a running one, tells nothing of it and leaves no timer", async () => {
    const stage = createStage([hang]);
    stage.check.start();
    await stage.clock.advance(1_900);
    stage.check.stop();
    await settle();
    expect(stage.calls[0]?.init.signal.aborted).toBe(true);
    expect([stage.running, stage.results.length, stage.clock.pending]).toEqual([0, 0, 0]);
    await stage.clock.advance(100_000);
    expect(stage.calls).toHaveLength(1);
  });

  it("leaves no timer between two of them", async () => {
    const { clock, calls, check } = createStage([status(200)]);
    check.start();
    await clock.advance(5_000);
    expect(clock.pending).toBe(1);
    check.stop();
    check.stop();
    expect(clock.pending).toBe(0);
    await clock.advance(100_000);
    expect(calls).toHaveLength(1);
  });

  it("does not go on when its answer comes all the same", async () => {
    const late = createFakeClock();
    const { clock, results, calls, check } = createStage([delayed(late, 1_000, status(200))]);
    check.start();
    await settle();
    check.stop();
    await late.advance(1_000);
    expect([results, clock.pending, calls.length]).toEqual([[], 0, 1]);
  });

  it("is stopped by whoever is told of a result too", async () => {
    const clock = createFakeClock();
    const check = createHealthCheck(UPSTREAM, CONFIG, {
      fetch: (_url, init) => status(200)(init),
      agent: "a",
      clock,
      random: () => 0.5,
      onResult: () => check.stop(),
    });
    check.start();
    await settle();
    expect(clock.pending).toBe(0);
  });
});
