import { describe, expect, it } from "vitest";
import type { AttemptResult, Balancer } from "../../src/balance/balancer.ts";
import { Secret } from "../../src/base/secret.ts";
import type { OutgoingRequest } from "../../src/message/request.ts";
import { TransportError } from "../../src/runtime/runtime.ts";
import { settle } from "../support/fake-clock.ts";
import { createRig, type Rig, type RigOptions, type Step } from "../support/scripted-upstreams.ts";

const timeouts = { connect: 1000, request: 2000, stall: 5000, total: 60_000, idle: 60_000 };

const text = (body: string, headers: Record<string, string> = {}, status = 200): Step => {
  return () => new Response(body, { status, headers });
};

async function sample(rig: Rig, start: string): Promise<string | undefined> {
  const lines = (await rig.metrics.text()).split("\n");
  return lines
    .find((line) => line.startsWith(start))
    ?.split(" ")
    .at(-1);
}

const hangs: Step = ({ signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });

/** Answers with chunks that a test sends one by one. */
function dripping() {
  const sent = { push: (_text: string): void => {}, close: (): void => {}, fail: (): void => {} };
  const step: Step = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          sent.push = (chunk) => controller.enqueue(new TextEncoder().encode(chunk));
          sent.close = () => controller.close();
          sent.fail = () => controller.error(new Error("broken"));
        },
      }),
    );
  return { step, sent };
}

describe("a request that failed", () => {
  it("is aborted too, since the runtime may still be at it", async () => {
    const late: Step = () =>
      Promise.reject(new TransportError("connect_timeout", false, "no answer to a knock"));
    const rig = createRig({ a: [late] }, { client: { timeouts } });
    expect((await rig.send()).result).toMatchObject({ failure: { failure: { kind: "connect_timeout" } } });
    expect(rig.calls[0]?.init.signal.aborted).toBe(true);
  });

  it("is left alone where nothing was sent: its body may go to another upstream", async () => {
    const refused: Step = () => Promise.reject(new TransportError("tls", true, "not trusted"));
    const rig = createRig({ a: [refused] }, { client: { timeouts } });
    expect((await rig.send()).result).toMatchObject({ failure: { failure: { kind: "tls" } } });
    expect(rig.calls[0]?.init.signal.aborted).toBe(false);
  });
});

describe("the request timeout", () => {
  it("is connect and request together while nothing is known of the connection", async () => {
    const rig = createRig({ a: [hangs] }, { client: { timeouts } });
    const running = rig.send();
    await rig.clock.advance(2990);
    expect(rig.calls[0]?.init.signal.aborted).toBe(false);
    await rig.clock.advance(60);
    expect((await running).result).toMatchObject({ failure: { failure: { kind: "request_timeout" } } });
  });

  it("begins anew with every sign of progress", async () => {
    const rig = createRig({ a: [hangs] }, { client: { timeouts } });
    const running = rig.send();
    for (let i = 0; i < 10; i += 1) {
      await rig.clock.advance(1900);
      rig.calls[0]?.init.onProgress();
    }
    expect(rig.calls[0]?.init.signal.aborted).toBe(false);
    await rig.clock.advance(2100);
    expect((await running).result).toMatchObject({ failure: { failure: { kind: "request_timeout" } } });
  });

  it("is not woken by an upload that goes on after the answer has ended", async () => {
    const rig = createRig({ a: [text("early")] }, { client: { timeouts } });
    const { result } = await rig.send();
    if (result.type === "answer") await new Response(result.answer.passOn()).text();
    rig.calls[0]?.init.onProgress();
    expect(rig.deadlines.size).toBe(0);
  });

  it("is not moved by an upload that goes on inside the answer", async () => {
    const { step, sent } = dripping();
    const rig = createRig({ a: [step] }, { client: { timeouts: { ...timeouts, stall: 1000 } } });
    const { result } = await rig.send();
    if (result.type !== "answer") throw new Error("no answer");
    const reading = new Response(result.answer.passOn()).text();
    reading.catch(() => {});
    sent.push("x");
    await rig.clock.advance(900);
    rig.calls[0]?.init.onProgress();
    await rig.clock.advance(200);
    expect(rig.ends).toEqual(["stall"]);
  });

  it("with stream_mode: false, runs on from the request's last byte to the answer's", async () => {
    const { step, sent } = dripping();
    const answersLate: Step = async (init, url) => {
      init.onProgress();
      await new Promise<void>((resolve) => rig.clock.after(1500, resolve));
      return step(init, url);
    };
    const rig = createRig({ a: [answersLate] }, { client: { timeouts, streamMode: false } });
    const running = rig.send();
    await settle();
    await rig.clock.advance(1600);
    sent.push("half");
    await rig.clock.advance(380);
    expect(rig.calls[0]?.init.signal.aborted).toBe(false);
    await rig.clock.advance(80);
    expect((await running).result).toMatchObject({ failure: { failure: { kind: "request_timeout" } } });
    expect(rig.deadlines.size).toBe(0);
  });
});

describe("the request timeout of an answer that is read whole", () => {
  it("is connect and request together where nothing is known of the connection", async () => {
    const { step } = dripping();
    const rig = createRig({ a: [step] }, { client: { timeouts, streamMode: false } });
    const running = rig.send();
    await rig.clock.advance(2990);
    expect(rig.calls[0]?.init.signal.aborted).toBe(false);
    await rig.clock.advance(60);
    expect((await running).result).toMatchObject({ failure: { failure: { kind: "request_timeout" } } });
  });
});

describe("the stall timeout", () => {
  it("begins with the answer's headers", async () => {
    const { step } = dripping();
    const rig = createRig({ a: [step] }, { client: { timeouts } });
    const { result } = await rig.send();
    if (result.type !== "answer") throw new Error("no answer");
    result.answer.passOn();
    await rig.clock.advance(4990);
    expect(rig.ends).toEqual([]);
    await rig.clock.advance(60);
    expect(rig.ends).toEqual(["stall"]);
  });
});

describe("an attempt", () => {
  it("sends a stream with its length where that is known", async () => {
    const stream = {
      type: "stream",
      isWhole: () => false,
      stream: new ReadableStream(),
      onProgress() {},
      failure: () => undefined,
    } as const;
    const rig = createRig({ a: [text(""), text("")] });
    await rig.send({ body: { ...stream, length: 7 } });
    await rig.send({ body: stream });
    expect(rig.calls.map(({ init }) => init.bodyLength)).toEqual([7, undefined]);
    expect(rig.calls.map(({ init }) => init.body)).toEqual([stream.stream, stream.stream]);
  });

  it.each([
    [
      "a length beside a transfer coding",
      new Response("x", { headers: { "content-length": "1", "transfer-encoding": "chunked" } }),
    ],
    ["a status above 599", { status: 600, statusText: "", headers: new Headers(), body: null } as Response],
    [
      "an unasked switch of protocols",
      { status: 101, statusText: "", headers: new Headers(), body: null } as Response,
    ],
  ])("takes %s for bad HTTP and ends the call", async (_name, response) => {
    const rig = createRig({ a: [() => response], b: [] });
    expect((await rig.send({ path: "/v1/charge" })).result).toMatchObject({
      failure: { failure: { kind: "bad_response" } },
    });
    expect(rig.calls[0]?.init.signal.aborted).toBe(true);
    expect(rig.upstreams[0]?.inFlight).toBe(0);
    expect(await sample(rig, 'llmproxy_upstream_errors_total{error="bad_response"')).toBe("1");
  });

  it("tells how a body ended that ended before it was passed on", async () => {
    const { step } = dripping();
    const rig = createRig({ a: [step] });
    const { result } = await rig.send();
    rig.client.abort();
    expect(rig.ends).toEqual([]);
    if (result.type === "answer") result.answer.passOn();
    expect(rig.ends).toEqual(["client_closed"]);
  });

  const stream = {
    type: "stream",
    isWhole: () => false,
    stream: new ReadableStream(),
    onProgress() {},
    failure: () => undefined,
  } as const;
  const withRetry = { retry: { attempts: 1, initial: 100 } };
  const ownKey = { auth: { type: "bearer", token: new Secret("k") } } as const;
  it.each<[string, boolean, RigOptions, Partial<OutgoingRequest>]>([
    ["an error in the answer may move on", true, { client: withRetry }, {}],
    ["what is not safe is sent once", false, { client: withRetry }, { path: "/v1/files" }],
    ["a too long context may move on", true, { strategy: "failover" }, {}],
    ["a streamed body can't be sent again", false, { strategy: "failover" }, { body: stream }],
    ["it may move on with its own key", true, { client: withRetry, upstream: ownKey }, {}],
    ["the proxy's own quota may be used up", true, { upstream: ownKey }, {}],
    ["nothing moves on", false, {}, {}],
  ])("where %s, asks for an unencoded one: %s", async (_name, identity, options, request) => {
    const rig = createRig({ a: [text("")], b: [] }, options);
    await rig.send({ headers: new Headers({ "accept-encoding": "br" }), ...request });
    const [encoding] = rig.calls[0]?.init.headers.filter(([name]) => name === "accept-encoding") ?? [];
    expect(encoding?.[1]).toBe(identity ? "identity" : "br");
  });

  it.each([
    ["a length alone", { "content-length": "1" }],
    ["a transfer coding alone", { "transfer-encoding": "chunked" }],
  ])("takes %s for good HTTP", async (_name, headers) => {
    const rig = createRig({ a: [text("x", headers, 599)] });
    expect((await rig.send()).result.type).toBe("answer");
  });

  it("is the client's end when its answer comes as the client leaves", async () => {
    const late: Step = ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve(new Response("late")));
      });
    const rig = createRig({ a: [late] });
    const running = rig.send();
    await settle();
    rig.client.abort();
    expect((await running).result).toMatchObject({ failure: { kind: "client_closed" } });
    expect(rig.upstreams[0]?.inFlight).toBe(0);
  });

  it("is one error, however much of it goes wrong", async () => {
    const broken: Step = () =>
      new Response(new ReadableStream({ pull: (controller) => controller.error(new Error("broken")) }), {
        status: 500,
      });
    const rig = createRig({ a: [broken] });
    const { result } = await rig.send();
    if (result.type !== "answer") throw new Error("no answer");
    await expect(new Response(result.answer.passOn()).text()).rejects.toThrow();
    expect(await sample(rig, 'llmproxy_upstream_errors_total{error="status_500"')).toBe("1");
    expect(await sample(rig, 'llmproxy_upstream_errors_total{error="cut"')).toBeUndefined();
  });

  it.each([
    [200, false, undefined],
    [302, false, undefined],
    [404, false, undefined],
    [401, false, undefined],
    [401, true, "1"],
    [408, false, "1"],
    [429, false, "1"],
    [500, false, "1"],
    [501, false, "1"],
  ])("blames the upstream for %i (own auth: %s): %s", async (status, ownAuth, errors) => {
    const auth = { type: "bearer", token: new Secret("k") } as const;
    const rig = createRig({ a: [text("", {}, status)] }, ownAuth ? { upstream: { auth } } : {});
    const { result } = await rig.send();
    if (result.type === "answer") await new Response(result.answer.passOn()).text();
    expect(await sample(rig, `llmproxy_upstream_errors_total{error="status_${status}"`)).toBe(errors);
  });

  it("counts the time to the first byte once, and to the end of the body", async () => {
    const { step, sent } = dripping();
    const rig = createRig({ a: [step] });
    await rig.clock.advance(5000);
    const { result } = await rig.send();
    if (result.type !== "answer") throw new Error("no answer");
    const reading = new Response(result.answer.passOn()).text();
    for (const chunk of ["a", "b"]) {
      await rig.clock.advance(1000);
      sent.push(chunk);
      await settle();
    }
    await rig.clock.advance(1000);
    expect(await sample(rig, "llmproxy_in_flight_requests{")).toBe("1");
    expect(await sample(rig, "llmproxy_upstream_duration_seconds_count{")).toBe("0");
    sent.close();
    expect(await reading).toBe("ab");
    expect(await sample(rig, "llmproxy_time_to_first_byte_seconds_sum{")).toBe("1");
    expect(await sample(rig, "llmproxy_time_to_first_byte_seconds_count{")).toBe("1");
    expect(await sample(rig, "llmproxy_upstream_duration_seconds_sum{")).toBe("3");
    expect(await sample(rig, "llmproxy_in_flight_requests{")).toBe("0");
  });

  it("counts a failure without an answer under its own name", async () => {
    const rig = createRig({ a: [() => Promise.reject(new TransportError("dns", true, "no such name"))] });
    await rig.send();
    expect(await sample(rig, 'llmproxy_upstream_errors_total{error="dns"')).toBe("1");
    expect(await sample(rig, "llmproxy_upstream_requests_total{")).toBe("1");
  });

  it("counts a retry under what failed and why, and only when there is one", async () => {
    const rig = createRig(
      { a: [text("", {}, 503)], b: [text("", {}, 502)] },
      { client: { retry: { attempts: 1, initial: 100 } } },
    );
    const running = rig.send();
    await rig.clock.advance(1000);
    await running;
    const metrics = await rig.metrics.text();
    expect(metrics).toContain('llmproxy_retries_total{group="g",upstream="a",reason="status_503"} 1');
    expect(metrics).not.toContain('reason="status_502"');
  });
});

describe("what the strategy learns of an attempt", () => {
  /** A strategy that takes the first, and what it was told. */
  function learning() {
    const told: AttemptResult[] = [];
    const balancer: Balancer = {
      pick(available) {
        const [first] = available;
        if (first === undefined) throw new Error("nobody");
        return first;
      },
      settled: (_candidate, result) => told.push(result),
    };
    return { told, balancer };
  }

  it.each<[string, Step, AttemptResult]>([
    ["a whole 200", text("x"), { success: true, firstByteMs: 0 }],
    ["a 200 without a body", () => new Response(null, { status: 204 }), { success: true }],
    ["a redirect", text("x", {}, 300), { success: true }],
    ["a request that the client got wrong", text("x", {}, 400), { success: undefined }],
    ["the client's own error", text("x", {}, 404), { success: undefined }],
    ["an upstream's error", text("x", {}, 500), { success: false }],
    ["a refusal for too many requests", text("x", {}, 429), { success: false }],
    ["a reset", () => Promise.reject(new TransportError("reset", false, "")), { success: false }],
  ])("%s", async (_name, step, result) => {
    const { told, balancer } = learning();
    const rig = createRig({ a: [step] }, { balancer });
    const answer = await rig.send();
    if (answer.result.type === "answer") await new Response(answer.result.answer.passOn()).text();
    expect(told).toEqual([result]);
  });

  it("nothing, where it had no choice", async () => {
    const asked: number[] = [];
    const { balancer } = learning();
    const pick: Balancer["pick"] = (available, client) => {
      asked.push(available.length);
      return balancer.pick(available, client);
    };
    const refused: Step = () => Promise.reject(new TransportError("refused", true, ""));
    const rig = createRig(
      { a: [refused], b: [refused], c: [text("x")] },
      { balancer: { ...balancer, pick } },
    );
    await rig.send();
    expect(asked).toEqual([3, 2]);
  });

  it("a client that left says nothing", async () => {
    const { told, balancer } = learning();
    const { step, sent } = dripping();
    const rig = createRig({ a: [step, hangs] }, { balancer });
    const { result } = await rig.send();
    if (result.type !== "answer") throw new Error("no answer");
    const reader = (result.answer.passOn() as ReadableStream).getReader();
    sent.push("x");
    await reader.read();
    await reader.cancel();
    const second = rig.send();
    rig.client.abort();
    await second;
    expect(told).toEqual([{ success: undefined }, { success: undefined }]);
  });

  it("a cut body is a failure, however soon it began", async () => {
    const { told, balancer } = learning();
    const { step, sent } = dripping();
    const rig = createRig({ a: [step] }, { balancer });
    const { result } = await rig.send();
    if (result.type !== "answer") throw new Error("no answer");
    const reading = new Response(result.answer.passOn()).text();
    sent.push("x");
    await settle();
    sent.fail();
    await expect(reading).rejects.toThrow();
    expect(told).toEqual([{ success: false }]);
  });
});

describe("an upload that the client breaks off", () => {
  const brokenUpload = () => {
    let failure: { readonly kind: "client_closed" } | undefined;
    return {
      fail: () => {
        failure = { kind: "client_closed" };
      },
      body: {
        type: "stream",
        isWhole: () => false,
        stream: new ReadableStream(),
        onProgress() {},
        failure: () => failure,
      } as const,
    };
  };

  it("is not the upstream's failure before its answer", async () => {
    const upload = brokenUpload();
    const step: Step = () => {
      upload.fail();
      return Promise.reject(new TransportError("reset", false, "the upload failed"));
    };
    const rig = createRig({ a: [step] });
    expect((await rig.send({ body: upload.body })).result).toMatchObject({
      failure: { kind: "client_closed" },
    });
    expect(await sample(rig, "llmproxy_upstream_errors_total{")).toBeUndefined();
  });

  it("is not the upstream's failure inside its answer", async () => {
    const upload = brokenUpload();
    const { step, sent } = dripping();
    const rig = createRig({ a: [step] });
    const { result } = await rig.send({ body: upload.body });
    if (result.type !== "answer") throw new Error("no answer");
    const reading = new Response(result.answer.passOn()).text();
    upload.fail();
    sent.fail();
    await expect(reading).rejects.toThrow();
    expect(rig.ends).toEqual(["client_closed"]);
    expect(await sample(rig, "llmproxy_upstream_errors_total{")).toBeUndefined();
  });
});
