import { describe, expect, it } from "vitest";
import { createFakeClock, settle, simulate } from "./support.ts";

const CHAT = { model: "m", messages: [{ role: "user", content: "Hello" }] };
const STREAM = { ...CHAT, stream: true };

describe("errors", () => {
  it.each([
    ["/v1/chat/completions", { "content-type": "text/plain" }],
    ["/v1/messages", {}],
  ])("asks for the key at %s", async (path, headers) => {
    const { post } = simulate({ apiKey: "k" });
    expect((await post(path, CHAT, headers)).status).toBe(401);
    expect((await post(path, CHAT, { authorization: "Bearer wrong" })).status).toBe(401);
    const max = { ...CHAT, max_tokens: 5 };
    expect((await post(path, max, { authorization: "Bearer k" })).status).toBe(200);
    expect((await post(path, max, { "x-api-key": "k" })).status).toBe(200);
  });

  it.each([
    ["{", 400, { code: null }],
    [[], 400, { code: null }],
    [{ model: "m" }, 400, { code: "missing_required_parameter", param: "messages" }],
    [{ ...CHAT, model: undefined }, 400, { code: "missing_required_parameter", param: "model" }],
    [{ ...CHAT, max_tokens: 0 }, 400, { param: "max_tokens" }],
    [{ ...CHAT, n: 99 }, 400, { param: "n" }],
    [{ ...CHAT, model: "gone" }, 404, { code: "model_not_found", param: "model" }],
  ])("refuses %j with %i in OpenAI's shape", async (body, status, error) => {
    const response = await simulate({ models: ["m"] }).post("/v1/chat/completions", body);
    expect(response.status).toBe(status);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(await response.json()).toMatchObject({
      error: { type: "invalid_request_error", message: expect.any(String), ...error },
    });
  });

  it("refuses a body above its bound without reading on", async () => {
    const { post } = simulate({ maxBodyBytes: 100 });
    expect((await post("/v1/chat/completions", { ...CHAT, pad: "x".repeat(200) })).status).toBe(413);
  });

  it("tells of a path that it doesn't know", async () => {
    const response = await simulate().post("/v1/nothing", {});
    expect(response.status).toBe(404);
    expect((await response.json()).error.message).toBe("Invalid URL (POST /v1/nothing)");
  });

  it.each([
    ["/v1/chat/completions", { error: { type: "requests", code: "rate_limit_exceeded" } }],
    ["/v1/messages", { type: "error", error: { type: "rate_limit_error" } }],
    ["/api/chat", { error: expect.stringContaining("Rate limit") }],
  ])("gives %s a 429 with Retry-After in its own shape", async (path, body) => {
    const { post } = simulate({ retryAfter: 7 });
    const response = await post(path, CHAT, { "x-sim-status": "429" });
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await response.json()).toMatchObject(body);
  });

  it("fails about as often as it is told, with the statuses it is told", async () => {
    const { post } = simulate({ errorRate: 0.3, errorStatuses: [500, 529] });
    const statuses: number[] = [];
    for (let i = 0; i < 300; i++) statuses.push((await post("/v1/chat/completions", CHAT)).status);
    const failed = statuses.filter((status) => status !== 200);
    expect(failed.length).toBeGreaterThan(60);
    expect(failed.length).toBeLessThan(120);
    expect(new Set(failed)).toEqual(new Set([500, 529]));
  });

  it.each([
    ["x-sim-tokens", "1.5"],
    ["x-sim-tokens", "0"],
    ["x-sim-tokens", ""],
    ["x-sim-error-rate", "1.1"],
    ["x-sim-nothing", "1"],
  ])("refuses %s: %s", async (name, value) => {
    const response = await simulate().post("/v1/chat/completions", CHAT, { [name]: value });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: name } });
  });

  it("rejects options that make no sense", () => {
    expect(() => simulate({ tokensPerSecond: 0 })).toThrow(RangeError);
    expect(() => simulate({ tokens: 0 })).toThrow(RangeError);
    expect(() => simulate({ errorRate: 2 })).toThrow(RangeError);
    expect(() => simulate({ errorStatuses: [] })).toThrow(RangeError);
  });
});

describe("determinism", () => {
  const transcript = async (seed: number) => {
    const { post } = simulate({ seed }, createFakeClock());
    const texts: string[] = [];
    for (const [path, body] of [
      ["/v1/chat/completions", CHAT],
      ["/v1/chat/completions", STREAM],
      ["/v1/responses", { model: "m", input: "x", stream: true }],
      ["/v1/messages", { ...STREAM, max_tokens: 9 }],
      ["/api/chat", CHAT],
    ] as const) {
      const response = await post(path, body);
      texts.push(`${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`);
    }
    return texts;
  };

  it("gives the same bytes for the same seed and sequence, and others for another seed", async () => {
    const first = await transcript(5);
    expect(await transcript(5)).toEqual(first);
    const said = (texts: readonly string[]) =>
      texts.map((text) => /"(?:content|response)":"[^"]{20,}"/.exec(text)?.[0]);
    expect(said(first)[0]).toBeDefined();
    expect(said(await transcript(6))[0]).not.toBe(said(first)[0]);
    expect(new Set(first).size).toBe(first.length);
  });

  it("fails the same requests of a sequence for the same seed", async () => {
    const statuses = async (seed: number) => {
      const { post } = simulate({ seed, errorRate: 0.5 });
      const seen: number[] = [];
      for (let i = 0; i < 40; i++) seen.push((await post("/v1/chat/completions", CHAT)).status);
      return seen;
    };
    const first = await statuses(5);
    expect(await statuses(5)).toEqual(first);
    expect(await statuses(6)).not.toEqual(first);
  });

  it("gives the same bytes wherever in the sequence, when the request brings the seed", async () => {
    const { post } = simulate({}, createFakeClock());
    const ask = async (headers = {}) => (await post("/v1/chat/completions", CHAT, headers)).text();
    const seeded = await ask({ "x-sim-seed": "9" });
    expect(await ask()).not.toBe(await ask());
    expect(await ask({ "x-sim-seed": "9" })).toBe(seeded);
  });
});

describe("pace", () => {
  it("sends the first token after its latency and the others at the rate", async () => {
    const clock = createFakeClock();
    const { post } = simulate({ firstTokenMs: 500, tokensPerSecond: 10, tokens: 3 }, clock);
    const response = await post("/v1/completions", { model: "m", prompt: "x", stream: true });
    const arrivals: number[] = [];
    const reading = (async () => {
      for await (const _ of response.body ?? []) arrivals.push(clock.now());
    })();
    await clock.advance(2000);
    await reading;
    // Three tokens; the finish and [DONE] come with the last.
    expect(arrivals).toEqual([500, 600, 700, 700, 700]);
  });

  it("takes as long for a whole answer as for a stream, jitter and headers counted", async () => {
    const clock = createFakeClock();
    const { post } = simulate({ firstTokenMs: 100, jitterMs: 100, tokensPerSecond: 10, tokens: 5 }, clock);
    let done = Number.NaN;
    const asking = post("/v1/chat/completions", CHAT, {
      "x-sim-first-token-ms": "200",
      "x-sim-tokens": "11",
    }).then(() => {
      done = clock.now();
    });
    await clock.advance(1199);
    expect(done).toBeNaN();
    await clock.advance(101);
    await asking;
    expect(done).toBeLessThanOrEqual(1300);
  });

  it("holds back the head when asked to", async () => {
    const clock = createFakeClock();
    const { post } = simulate({}, clock);
    let came = false;
    const asking = post("/v1/chat/completions", STREAM, { "x-sim-head-ms": "300" }).then(() => {
      came = true;
    });
    await clock.advance(299);
    expect(came).toBe(false);
    await clock.advance(1);
    await asking;
  });

  it("stops a stream's generation when its reader leaves", async () => {
    const clock = createFakeClock();
    const { app, post } = simulate({ tokensPerSecond: 1, name: "n" }, clock);
    const response = await post("/v1/chat/completions", STREAM);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.read();
    const waiting = reader?.read();
    await settle();
    expect(clock.pending).toBe(1);
    await reader?.cancel();
    await waiting;
    expect(clock.pending).toBe(0);
    expect(await (await app.request("/sim/stats")).json()).toEqual({
      name: "n",
      requests: 1,
      open: 0,
      completed: 0,
      cancelled: 1,
      cut: 0,
    });
  });

  it.each([STREAM, CHAT])("stops when the request's signal aborts (%j)", async (body) => {
    const clock = createFakeClock();
    const { app, post } = simulate({ firstTokenMs: 1000 }, clock);
    const abort = new AbortController();
    const asking = post("/v1/chat/completions", body, {}, abort.signal).then((response) => response.text());
    const outcome = asking.then(
      () => "answered",
      () => "broke",
    );
    await settle();
    expect(clock.pending).toBe(1);
    abort.abort();
    await outcome;
    expect(clock.pending).toBe(0);
    const stats = await (await app.request("/sim/stats")).json();
    expect(stats).toMatchObject({ open: 0, completed: 0, cancelled: 1 });
  });

  it("breaks a stream off without an end after so many tokens", async () => {
    const { app, post } = simulate({ tokens: 20 });
    const response = await post("/v1/chat/completions", STREAM, { "x-sim-cut-after": "2" });
    let text = "";
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk);
    })();
    await expect(reading).rejects.toThrow("broke off");
    expect(text.match(/"content":" ?[^"]/g)).toHaveLength(2);
    expect(text).not.toContain("[DONE]");
    expect(await (await app.request("/sim/stats")).json()).toMatchObject({ cut: 1, cancelled: 0 });
  });

  it("makes no token before somebody reads", async () => {
    const { app, post } = simulate({ tokens: 1000 });
    await post("/v1/chat/completions", STREAM);
    await settle();
    expect(await (await app.request("/sim/stats")).json()).toMatchObject({ open: 1, completed: 0 });
  });
});
