import { describe, expect, it } from "vitest";
import { Secret } from "../../src/base/secret.ts";
import type { GroupAnswer } from "../../src/group/group.ts";
import type { StreamEnd } from "../../src/message/request.ts";
import { type Bytes, TransportError } from "../../src/runtime/runtime.ts";
import { settle } from "../support/fake-clock.ts";
import { createRig, type Rig, type Step } from "../support/scripted-upstreams.ts";

const retry = { retry: { attempts: 3, initial: 500 } };

const answers =
  (status: number, headers: Record<string, string> = {}, body = `${status}`): Step =>
  () =>
    new Response(body, { status, headers });
const fails =
  (kind: TransportError["kind"], nothingSent = false): Step =>
  () =>
    Promise.reject(new TransportError(kind, nothingSent, kind));
const refused = fails("refused", true);
const reset = fails("reset");
const hangs: Step = ({ signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });
/** Sends chunks, then breaks. */
const breaks =
  (...chunks: string[]): Step =>
  () =>
    new Response(
      new ReadableStream<Bytes>({
        pull(controller) {
          const chunk = chunks.shift();
          if (chunk === undefined) controller.error(new Error("broken"));
          else controller.enqueue(new TextEncoder().encode(chunk));
        },
      }),
    );
/** Sends chunks, then nothing. */
const stalls =
  (...chunks: string[]): Step =>
  () =>
    new Response(
      new ReadableStream<Bytes>({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        },
      }),
    );

async function read({ result }: GroupAnswer): Promise<string> {
  if (result.type === "failure") return `failure ${result.failure.kind}`;
  const body = await new Response(result.answer.passOn()).text();
  return `${result.answer.status} ${body}`;
}

type Finished = GroupAnswer & { readonly attempts: number; readonly text: string };

/** Runs a request to its end while time passes as it needs. */
async function finish(rig: Rig, request?: Parameters<Rig["send"]>[0]): Promise<Finished> {
  let done: Finished | undefined;
  const running = rig.send(request).then(async (answer) => {
    done = { ...answer, attempts: answer.trace.length, text: await read(answer) };
  });
  await settle();
  for (let i = 0; i < 5000 && done === undefined; i += 1) await rig.clock.advance(250);
  await running;
  if (done === undefined) throw new Error("the request did not end");
  return done;
}

const sequence = (rig: Rig): string => rig.calls.map(({ upstream }) => upstream).join("");

function expectSettled(rig: Rig): void {
  expect(rig.upstreams.map(({ inFlight }) => inFlight)).toEqual(rig.upstreams.map(() => 0));
  expect(rig.deadlines.size).toBe(0);
  expect(rig.clock.pending).toBe(0);
  expect(rig.budget.used).toBe(0);
}

describe("a group among equals", () => {
  it("passes an answer on", async () => {
    const rig = createRig({ a: [answers(200, {}, "hi")] });
    const answer = await finish(rig);
    expect(answer).toMatchObject({ text: "200 hi", upstream: "a", attempts: 1 });
    expect(rig.ends).toEqual([undefined]);
    expectSettled(rig);
  });

  it("moves on at once when nothing was sent, without retry, and answers 502 when nobody is left", async () => {
    const rig = createRig({ a: [refused], b: [fails("dns", true)], c: [fails("tls", true)] });
    const answer = await finish(rig, { path: "/v1/charge" });
    expect(sequence(rig)).toBe("abc");
    expect(rig.clock.now()).toBe(0);
    expect(answer).toMatchObject({
      attempts: 3,
      reason: "tls",
      result: { failure: { kind: "upstream", failure: { kind: "tls" }, group: "g", upstream: "c" } },
    });
    expectSettled(rig);
  });

  it("does not try a refused upstream a second time, retry or not", async () => {
    const rig = createRig({ a: [refused], b: [refused] }, { client: retry });
    await finish(rig);
    expect(sequence(rig)).toBe("ab");
  });

  it("moves on for a status before it waits, and waits before it tries one again", async () => {
    const rig = createRig(
      { a: [answers(500), answers(200, {}, "late")], b: [answers(502), answers(200, {}, "late")] },
      { client: retry, random: () => 0.999 },
    );
    const answer = await finish(rig);
    expect(sequence(rig)).toMatch(/^ab[ab]$/);
    expect(rig.calls[1]?.at).toBe(0);
    expect(rig.calls[2]?.at).toBeCloseTo(500, -1);
    expect(answer).toMatchObject({ text: "200 late", attempts: 3, reason: "status_502" });
    expectSettled(rig);
  });

  it("gives each upstream its turn again before one gets another", async () => {
    const fails = [answers(500), answers(500), answers(500)];
    const rig = createRig(
      { a: fails, b: fails, c: fails },
      { client: { retry: { attempts: 5, initial: 100 } } },
    );
    await finish(rig);
    expect([...sequence(rig).slice(0, 3)].sort().join("")).toBe("abc");
    expect([...sequence(rig).slice(3)].sort().join("")).toBe("abc");
  });

  it("doubles the backoff each time, with full jitter", async () => {
    const script = [answers(500), answers(500), answers(500), answers(500)];
    const rig = createRig({ a: script }, { client: retry, random: () => 0.5 });
    const answer = await finish(rig);
    expect(rig.calls.map(({ at }) => at)).toEqual([0, 250, 750, 1750]);
    expect(answer).toMatchObject({ text: "500 500", attempts: 4 });
    expectSettled(rig);
  });

  it("stops after `attempts` retries and passes the last answer on", async () => {
    const rig = createRig(
      { a: [answers(500), answers(500)], b: [answers(500), answers(500)] },
      { client: { retry: { attempts: 2, initial: 100 } } },
    );
    const answer = await finish(rig);
    expect(rig.calls).toHaveLength(3);
    expect(answer).toMatchObject({ text: "500 500", attempts: 3 });
    expectSettled(rig);
  });

  it("answers with what an upstream said before others could not even be reached", async () => {
    const rig = createRig(
      { a: [answers(429, { "retry-after": "60" }, "busy")], b: [refused] },
      { client: retry },
    );
    const answer = await finish(rig);
    expect(answer).toMatchObject({ text: "429 busy", upstream: "a", attempts: 2 });
    expectSettled(rig);
  });

  it("waits for a Retry-After of up to 30 s", async () => {
    const rig = createRig({ a: [answers(429, { "retry-after": "7" }), answers(200)] }, { client: retry });
    const answer = await finish(rig);
    expect(rig.calls[1]?.at).toBe(7000);
    expect(answer.text).toBe("200 200");
  });

  it("tries again although the timer fired a moment early", async () => {
    const rig = createRig({ a: [answers(429, { "retry-after": "7" }), answers(200)] }, { client: retry });
    rig.clock.earlyBy = 0.7;
    expect(await finish(rig)).toMatchObject({ text: "200 200", attempts: 2 });
  });

  it("hands on a 429 whose Retry-After is longer than 30 s", async () => {
    const rig = createRig({ a: [answers(429, { "retry-after": "31" }, "later")] }, { client: retry });
    const answer = await finish(rig);
    expect(answer).toMatchObject({ text: "429 later", attempts: 1 });
    expect(rig.clock.now()).toBe(0);
    expectSettled(rig);
  });

  it("does not repeat what is not safe to repeat", async () => {
    const rig = createRig({ a: [reset], b: [] }, { client: retry });
    const answer = await finish(rig, { path: "/v1/batches" });
    expect(answer).toMatchObject({ attempts: 1, text: "failure upstream" });
  });

  it("sends a streamed body once", async () => {
    const stream = {
      type: "stream",
      isWhole: () => false,
      stream: new ReadableStream(),
      onProgress() {},
      failure: () => undefined,
    } as const;
    const rig = createRig({ a: [answers(503)], b: [] }, { client: retry });
    expect(await finish(rig, { body: stream })).toMatchObject({ attempts: 1, text: "503 503" });
    expectSettled(rig);
  });

  it("gives an upstream `timeout.request` for its headers and does not try it again", async () => {
    const timeouts = { connect: 1000, request: 2000, stall: 5000, total: 60_000, idle: 60_000 };
    const progressing: Step = (init, url) => {
      init.onProgress();
      return hangs(init, url);
    };
    const rig = createRig({ a: [progressing], b: [progressing] }, { client: { ...retry, timeouts } });
    const answer = await finish(rig);
    expect(sequence(rig)).toBe("ab");
    expect(rig.calls[1]?.at).toBeGreaterThanOrEqual(2000);
    expect(rig.calls[1]?.at).toBeLessThanOrEqual(2100);
    expect(answer.result).toMatchObject({
      failure: { kind: "upstream", failure: { kind: "request_timeout" } },
    });
    expectSettled(rig);
  });

  it("answers with a timeout where `retry` is off", async () => {
    const timeouts = { connect: 1000, request: 2000, stall: 5000, total: 60_000, idle: 60_000 };
    const rig = createRig({ a: [hangs], b: [] }, { client: { timeouts } });
    expect(await finish(rig)).toMatchObject({ attempts: 1, text: "failure upstream" });
    expectSettled(rig);
  });

  const ourKey = new Secret("k");
  it.each([
    ["auth", { auth: { type: "bearer", token: ourKey } }],
    ["a rule that replaces", { headers: [{ op: "replace", key: "x-api-key", value: ourKey }] }],
    ["a rule that inserts", { headers: [{ op: "insert", key: "api-key", value: ourKey }] }],
  ] as const)(
    "does not come back to an upstream whose quota for our key (%s) is used up, but does for any other 429",
    async (_, upstream) => {
      const options = { client: { retry: { attempts: 1, initial: 100 } }, upstream };
      const used = createRig({ a: [answers(429, {}, '{"error":{"code":"insufficient_quota"}}')] }, options);
      expect(await finish(used)).toMatchObject({ attempts: 1 });
      const busy = createRig({ a: [answers(429, {}, '{"error":{}}'), answers(200)] }, options);
      expect(await finish(busy)).toMatchObject({ attempts: 2, text: "200 200" });
    },
  );

  it("waits as long as the body of a 429 asks for, where its fields say nothing", async () => {
    const info = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "2s" };
    const limited = answers(429, {}, JSON.stringify({ error: { details: [info] } }));
    const upstream = { auth: { type: "bearer", token: ourKey } } as const;
    const rig = createRig(
      { a: [limited, answers(200)] },
      { client: { retry: { attempts: 1, initial: 100 } }, upstream },
    );
    expect(await finish(rig)).toMatchObject({ text: "200 200" });
    expect(rig.calls.map(({ at }) => at)).toEqual([0, 2000]);
  });

  it("begins no attempt after `timeout.total`", async () => {
    const timeouts = { connect: 1000, request: 2000, stall: 5000, total: 600, idle: 60_000 };
    const rig = createRig(
      { a: [answers(500), answers(500), answers(500)] },
      { client: { ...retry, timeouts }, random: () => 0.5 },
    );
    expect(await finish(rig)).toMatchObject({ attempts: 2, text: "500 500" });
  });

  it("gives up after three connect timeouts", async () => {
    const slow = fails("connect_timeout", true);
    const rig = createRig({ a: [slow], b: [slow], c: [slow], d: [] });
    expect(await finish(rig)).toMatchObject({ attempts: 3 });
  });

  it("stops at once when the client leaves before an answer", async () => {
    const rig = createRig({ a: [hangs], b: [] }, { client: retry });
    const running = rig.send();
    await settle();
    rig.client.abort();
    const answer = await running;
    expect(answer.trace).toHaveLength(1);
    expect(answer.result).toMatchObject({ failure: { kind: "client_closed" } });
    expect(rig.calls[0]?.init.signal.aborted).toBe(true);
    expectSettled(rig);
  });

  it("stops at once when the client leaves during a backoff", async () => {
    const rig = createRig({ a: [answers(500)] }, { client: retry });
    const running = rig.send();
    await settle();
    rig.client.abort();
    expect((await running).result).toMatchObject({ failure: { kind: "client_closed" } });
    expect(rig.calls).toHaveLength(1);
    await settle();
    expectSettled(rig);
  });

  it("stops when the client leaves while the answer to fall back on is still coming", async () => {
    const slow: Step = ({ signal }) =>
      new Response(
        new ReadableStream<Bytes>({
          start(controller) {
            signal.addEventListener("abort", () => controller.error(new Error("aborted")));
          },
        }),
        { status: 503, headers: { "retry-after": "60" } },
      );
    const rig = createRig({ a: [slow], b: [refused] }, { client: retry });
    const running = rig.send();
    await settle();
    expect(rig.calls).toHaveLength(2);
    rig.client.abort();
    expect((await running).result).toMatchObject({ failure: { kind: "client_closed" } });
    await settle();
    expectSettled(rig);
  });

  it("answers for itself when the answer to fall back on is too large to keep, and nobody else is left", async () => {
    const rig = createRig(
      { a: [answers(503, { "retry-after": "60" }, "x".repeat(70_000))], b: [refused] },
      { client: retry },
    );
    const answer = await finish(rig);
    expect(answer).toMatchObject({ upstream: "b", result: { failure: { failure: { kind: "refused" } } } });
    expectSettled(rig);
  });

  it("refuses with the soonest time when no upstream is available", async () => {
    const rig = createRig({ a: [hangs], b: [hangs] }, { upstream: { maxInFlight: 1 } });
    void rig.send();
    void rig.send();
    await settle();
    expect(await finish(rig)).toMatchObject({
      attempts: 0,
      result: {
        failure: { kind: "no_upstream_available", group: "g", retryAfterMs: 1000, reasons: ["full", "full"] },
      },
    });
  });

  it("passes over an upstream whose own rate is used up", async () => {
    const rig = createRig(
      { a: [answers(200), answers(200)], b: [answers(200)] },
      { upstream: { rateLimit: { perSecond: 1, burst: 1 } }, strategy: "failover" },
    );
    await finish(rig);
    await finish(rig);
    const third = await finish(rig);
    expect(sequence(rig)).toBe("ab");
    expect(third.result).toMatchObject({
      failure: { kind: "no_upstream_available", retryAfterMs: 1000, reasons: ["full", "full"] },
    });
  });
});

describe("a group's streams", () => {
  it("are cut when the upstream's are", async () => {
    const rig = createRig({ a: [breaks("one", "two")] });
    const { result } = await rig.send();
    if (result.type !== "answer") throw new Error("no answer");
    await expect(new Response(result.answer.passOn()).text()).rejects.toThrow("broken");
    expect(rig.ends).toEqual(["cut"]);
    expectSettled(rig);
  });

  it("are cut after `timeout.stall`, counted only while the upstream is waited for", async () => {
    const timeouts = { connect: 1000, request: 2000, stall: 3000, total: 60_000, idle: 60_000 };
    const rig = createRig({ a: [stalls("one", "two")] }, { client: { timeouts } });
    const { result } = await rig.send();
    if (result.type !== "answer") throw new Error("no answer");
    const reader = (result.answer.passOn() as ReadableStream<Bytes>).getReader();
    await reader.read();
    await rig.clock.advance(100_000);
    expect(rig.ends).toEqual([]);
    await reader.read();
    const last = reader.read();
    last.catch(() => {});
    await rig.clock.advance(2900);
    expect(rig.ends).toEqual([]);
    await rig.clock.advance(200);
    await expect(last).rejects.toThrow("stall");
    expect(rig.ends).toEqual(["stall"]);
    expect(rig.calls[0]?.init.signal.aborted).toBe(true);
    expectSettled(rig);
  });

  it("are cut when the client takes nothing for its write timeout", async () => {
    const rig = createRig({ a: [stalls("one", "two")] });
    const { result } = await rig.send({ writeTimeout: 5000 });
    if (result.type !== "answer") throw new Error("no answer");
    const reader = (result.answer.passOn() as ReadableStream<Bytes>).getReader();
    await reader.read();
    await rig.clock.advance(5100);
    expect(rig.ends).toEqual(["write_timeout"]);
    expect(rig.calls[0]?.init.signal.aborted).toBe(true);
    expectSettled(rig);
  });

  it("abort the upstream when the client leaves", async () => {
    const rig = createRig({ a: [stalls("one")] });
    const { result } = await rig.send();
    if (result.type !== "answer") throw new Error("no answer");
    const reader = (result.answer.passOn() as ReadableStream<Bytes>).getReader();
    await reader.read();
    await reader.cancel();
    expect(rig.ends).toEqual(["client_closed"]);
    expect(rig.calls[0]?.init.signal.aborted).toBe(true);
    expectSettled(rig);
  });
});

describe("stream_mode: false", () => {
  const whole = { ...retry, streamMode: false };

  it("tries again when an answer is cut in its middle", async () => {
    const rig = createRig({ a: [breaks("half")], b: [answers(200, {}, "whole")] }, { client: whole });
    expect(await finish(rig)).toMatchObject({ text: "200 whole", upstream: "b", attempts: 2, reason: "cut" });
    expectSettled(rig);
  });

  it("counts `timeout.request` to the last byte", async () => {
    const timeouts = { connect: 1000, request: 2000, stall: 60_000, total: 600_000, idle: 60_000 };
    const rig = createRig({ a: [stalls("half")], b: [answers(200)] }, { client: { ...whole, timeouts } });
    expect(await finish(rig)).toMatchObject({ text: "200 200", upstream: "b", reason: "request_timeout" });
    expectSettled(rig);
  });

  it("passes on an answer that is larger than the budget as it comes", async () => {
    const rig = createRig({ a: [answers(200, {}, "x".repeat(5000))] }, { client: whole, bufferLimit: 1000 });
    let passed = 0;
    const observer = {
      chunk(bytes: number) {
        passed += bytes;
      },
      end() {},
    };
    expect((await finish(rig, { observer })).text).toHaveLength(5004);
    expect(passed).toBe(5000);
    expectSettled(rig);
  });

  it("passes on a large answer whole", async () => {
    const rig = createRig({ a: [answers(200, {}, "x".repeat(300_000))] }, { client: whole });
    let passed = 0;
    const observer = {
      chunk: (bytes: number) => {
        passed += bytes;
      },
      end: (end: StreamEnd | undefined) => rig.ends.push(end),
    };
    expect((await finish(rig, { observer })).text).toHaveLength(300_004);
    expect(passed).toBe(300_000);
    expect(rig.ends).toEqual([undefined]);
    expectSettled(rig);
  });
});

describe("failover", () => {
  const failover = { strategy: "failover" } as const;

  it("tries each once without retry, in the order of the list", async () => {
    const rig = createRig({ a: [answers(500)], b: [reset], c: [answers(200)] }, failover);
    expect(await finish(rig)).toMatchObject({ upstream: "c", attempts: 3 });
    expect(sequence(rig)).toBe("abc");
    expect(rig.clock.now()).toBe(0);
  });

  it("tries a status once more on the same upstream with retry", async () => {
    const rig = createRig({ a: [answers(500), answers(200)], b: [] }, { ...failover, client: retry });
    expect(await finish(rig)).toMatchObject({ upstream: "a", attempts: 2 });
    expect(rig.calls[1]?.at).toBe(500);
  });

  it("goes down the list and then round again after the backoff", async () => {
    const client = { retry: { attempts: 5, initial: 500 } };
    const rig = createRig(
      { a: [answers(500), answers(500), answers(200)], b: [answers(500), answers(500)] },
      { ...failover, client },
    );
    expect(await finish(rig)).toMatchObject({ upstream: "a", attempts: 5 });
    expect(sequence(rig)).toBe("aabba");
  });

  it("stays for a Retry-After of up to 5 s and moves on at once for a longer one", async () => {
    const short = createRig(
      { a: [answers(503, { "retry-after": "4" }), answers(200)], b: [] },
      { ...failover, client: retry },
    );
    expect(await finish(short)).toMatchObject({ upstream: "a" });
    expect(short.calls[1]?.at).toBe(4000);
    const long = createRig(
      { a: [answers(503, { "retry-after": "6" })], b: [answers(200)] },
      { ...failover, client: retry },
    );
    expect(await finish(long)).toMatchObject({ upstream: "b" });
    expect(long.clock.now()).toBe(0);
  });

  it("does not stay with an upstream that timed out", async () => {
    const timeouts = { connect: 100, request: 1000, stall: 5000, total: 60_000, idle: 60_000 };
    const rig = createRig({ a: [hangs], b: [answers(200)] }, { ...failover, client: { ...retry, timeouts } });
    await finish(rig);
    expect(sequence(rig)).toBe("ab");
  });

  it("takes a 500 whose context is too long for no failure of the upstream", async () => {
    const type = { "content-type": "Application/JSON; charset=utf-8" };
    const tooLong = answers(500, type, '{"error":{"code":500,"message":"context shift is disabled"}}');
    const rig = createRig({ a: [tooLong], b: [answers(200)] }, failover);
    expect(await finish(rig)).toMatchObject({ upstream: "b", attempts: 2, reason: "context_length" });
    const equals = createRig({ a: [tooLong], b: [] }, { client: retry });
    expect(await finish(equals)).toMatchObject({ upstream: "a", attempts: 1 });
    const alone = createRig(
      { a: Array(6).fill(tooLong) },
      { upstream: { breaker: { threshold: 0.5, cooldown: 60_000 } } },
    );
    for (let i = 0; i < 6; i += 1) await finish(alone);
    for (const each of [rig, equals, alone]) {
      expect(await each.metrics.text()).not.toContain("llmproxy_upstream_errors_total{");
    }
    expect(alone.calls.length).toBe(6);
  });

  it.each([
    [422, '{"error":"Input validation error: `inputs` must have less than 1024 tokens. Given: 2000"}'],
    [413, '{"error":{"code":"tokens_limit_reached"}}'],
  ])("moves on for a %i whose context is too long", async (status, body) => {
    const rig = createRig({ a: [answers(status, {}, body)], b: [answers(200)] }, failover);
    expect(await finish(rig)).toMatchObject({ upstream: "b", attempts: 2, reason: "context_length" });
  });

  it("moves on when the context is too long, and to the client with any other 400", async () => {
    const tooLong = '{"error":{"code":"context_length_exceeded"}}';
    const rig = createRig({ a: [answers(400, {}, tooLong)], b: [answers(200)] }, failover);
    expect(await finish(rig)).toMatchObject({ upstream: "b", attempts: 2, reason: "context_length" });
    const large = createRig({ a: [answers(413, {}, tooLong)], b: [answers(200)] }, failover);
    expect(await finish(large)).toMatchObject({ upstream: "b", attempts: 2 });
    const gone = createRig({ a: [answers(404, {}, tooLong)], b: [] }, failover);
    expect(await finish(gone)).toMatchObject({ upstream: "a", attempts: 1 });
    const other = createRig({ a: [answers(400, {}, '{"error":{}}')], b: [] }, failover);
    expect(await finish(other)).toMatchObject({ text: '400 {"error":{}}', attempts: 1 });
    const last = createRig({ a: [answers(400, {}, tooLong)], b: [answers(400, {}, tooLong)] }, failover);
    expect(await finish(last)).toMatchObject({ text: `400 ${tooLong}`, attempts: 2 });
  });
});
