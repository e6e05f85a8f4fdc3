import { describe, expect, it } from "vitest";
import { fetchFollowing, type Redirect } from "../../src/attempt/redirect.ts";
import { type FetchInit, TransportError } from "../../src/runtime/runtime.ts";
import { createFakeClock, settle } from "../support/fake-clock.ts";
import { createRig, type RigOptions, type Step } from "../support/scripted-upstreams.ts";

const URL_ = "https://llm.internal:8443/v1/models?a=%20&b=+";
const body = new TextEncoder().encode("{}");

interface Sent {
  readonly url: string;
  readonly init: FetchInit;
}

/** Follows what an upstream answers, one answer a request; then it answers 200. */
async function follow(answers: readonly Response[], more: Partial<FetchInit> = {}, url = URL_) {
  const clock = createFakeClock();
  const sent: Sent[] = [];
  const followed: Redirect[] = [];
  const progress: number[] = [];
  const init: FetchInit = {
    method: "POST",
    headers: [["authorization", "Bearer own"]],
    body,
    signal: new AbortController().signal,
    repeatable: false,
    fresh: false,
    onProgress: () => progress.push(sent.length),
    ...more,
  };
  const client = {
    async fetch(target: string, own: FetchInit) {
      sent.push({ url: target, init: own });
      own.onProgress();
      await clock.advance(100 * sent.length);
      return answers[sent.length - 1] ?? new Response("done");
    },
    close() {},
  };
  const response = await fetchFollowing(client, url, init, followed, clock);
  return { response, sent, followed, progress, targets: sent.slice(1).map((one) => one.url) };
}

const redirect = (location: string | undefined, status = 307): Response =>
  new Response("moved", { status, ...(location !== undefined && { headers: { location } }) });

describe("a redirect to the upstream itself", () => {
  it.each([
    ["https://llm.internal:8443/v1/models/?a=%20&b=+", "https://llm.internal:8443/v1/models/?a=%20&b=+"],
    ["HTTPS://LLM.internal:8443/x", "https://llm.internal:8443/x"],
    ["//llm.internal:8443/x", "https://llm.internal:8443/x"],
    ["/v1/models/", "https://llm.internal:8443/v1/models/"],
    ["models/?x", "https://llm.internal:8443/v1/models/?x"],
    ["?c=1", "https://llm.internal:8443/v1/models?c=1"],
    ["../x#part", "https://llm.internal:8443/x"],
    [" /v1/models/ ", "https://llm.internal:8443/v1/models/"],
  ])("is followed: %s", async (location, target) => {
    const { response, targets } = await follow([redirect(location)]);
    expect(targets).toEqual([target]);
    expect(await response.text()).toBe("done");
  });

  it.each([
    ["another scheme", "http://llm.internal:8443/v1/models/"],
    ["another host", "https://other.internal:8443/v1/models/"],
    ["a subdomain", "https://a.llm.internal:8443/"],
    ["a host that only begins so", "https://llm.internal:8443.evil.example/"],
    ["a host after credentials", "https://llm.internal:8443@evil.example/"],
    ["its own host with credentials", "https://user:pw@llm.internal:8443/"],
    ["another port", "https://llm.internal/v1/models/"],
    ["another host without a scheme", "//evil.example/"],
    ["another host behind backslashes", "\\\\evil.example/"],
    ["another host behind a slash and a backslash", "/\\evil.example/"],
    ["something else than a URL of HTTP", "javascript:alert(1)"],
    ["two places", "/a, /b"],
    ["no URL", "https://[::1/"],
    ["nothing", ""],
    ["nowhere", undefined],
  ])("is passed on when it leads to %s", async (_, location) => {
    const { response, targets, followed } = await follow([redirect(location)]);
    expect(targets).toEqual([]);
    expect(followed).toEqual([]);
    expect(response.status).toBe(307);
    expect(await response.text()).toBe("moved");
  });

  it("treats a default port like none", async () => {
    const { targets } = await follow([redirect("http://h:80/x/")], {}, "http://h/x");
    expect(targets).toEqual(["http://h/x/"]);
  });

  it("gets the same method, fields and body, and is no progress of the request", async () => {
    const { sent, progress } = await follow([redirect("/a"), redirect("/b", 308)], { method: "PATCH" });
    expect(sent.map(({ init }) => [init.method, init.headers, init.body])).toEqual(
      Array.from({ length: 3 }, () => ["PATCH", [["authorization", "Bearer own"]], body]),
    );
    expect(progress).toEqual([1]);
  });

  const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];
  it.each([
    [301, ["GET", "HEAD"]],
    [302, ["GET", "HEAD"]],
    [303, []],
    [307, METHODS],
    [308, METHODS],
    [200, []],
    [201, []],
    [300, []],
    [304, []],
    [404, []],
  ])("with status %i is followed for %j", async (status, methods) => {
    const statusless = status === 304 ? null : "";
    const answer = () => new Response(statusless, { status, headers: { location: "/x" } });
    const followed = await Promise.all(
      METHODS.map(async (method) => (await follow([answer()], { method, body: null })).targets.length > 0),
    );
    expect(METHODS.filter((_, i) => followed[i])).toEqual(methods);
  });

  it("is followed three times; the fourth is the answer", async () => {
    const { response, sent, followed } = await follow(
      Array.from({ length: 9 }, () => redirect("/v1/models")),
    );
    expect(sent.length).toBe(4);
    expect(response.status).toBe(307);
    expect(followed).toEqual([100, 200, 300].map((ms) => ({ status: 307, ms })));
  });

  it("is followed from where the last one led", async () => {
    const { targets } = await follow([redirect("/a/b"), redirect("c"), redirect("http://evil.example/")]);
    expect(targets).toEqual(["https://llm.internal:8443/a/b", "https://llm.internal:8443/a/c"]);
  });

  it("has its body thrown away, also one that never ends", async () => {
    const reasons: unknown[] = [];
    const endless = new ReadableStream({ cancel: (reason) => void reasons.push(reason) });
    const { response } = await follow([new Response(endless, { status: 307, headers: { location: "/x" } })]);
    expect([await response.text(), reasons.length]).toEqual(["done", 1]);
  });

  it("is not followed where its end is unclear, or once the request was stopped", async () => {
    const headers = { location: "/x", "content-length": "1", "transfer-encoding": "chunked" };
    expect((await follow([new Response("m", { status: 307, headers })])).targets).toEqual([]);
    const stopped = AbortSignal.abort();
    expect((await follow([redirect("/x")], { signal: stopped })).targets).toEqual([]);
  });

  it("fails as what is sent then fails", async () => {
    const answers = [redirect("/x")];
    const failure = new TransportError("refused", true, "refused");
    const client = {
      fetch: () => {
        const answer = answers.shift();
        return answer === undefined ? Promise.reject(failure) : Promise.resolve(answer);
      },
      close() {},
    };
    const init = {
      method: "GET",
      headers: [],
      body: null,
      signal: new AbortController().signal,
      repeatable: true,
      fresh: false,
      onProgress() {},
    };
    await expect(fetchFollowing(client, URL_, init, [], createFakeClock())).rejects.toBe(failure);
  });
});

const moves: Step = () => redirect("/there/");
const done: Step = () => new Response("done");
const follows: RigOptions = { client: { redirects: "follow" } };

describe("a group", () => {
  it("passes redirects on by default", async () => {
    const rig = createRig({ a: [moves] });
    const { result, trace } = await rig.send();
    expect(result).toMatchObject({
      answer: { status: 307, headers: expect.arrayContaining([["location", "/there/"]]) },
    });
    expect(trace).toMatchObject([{ upstream: "a", outcome: "status_307" }]);
  });

  it("follows them within one attempt, which the trace and the metrics count once", async () => {
    const rig = createRig({ a: [moves, done], b: [] }, follows);
    const { result, trace } = await rig.send();
    expect(rig.calls.map(({ url }) => url)).toEqual(["http://a/v1/chat/completions", "http://a/there/"]);
    expect(result).toMatchObject({ answer: { status: 200 } });
    expect(trace).toMatchObject([{ upstream: "a", outcome: "status_200", redirects: [{ status: 307 }] }]);
    if (result.type === "answer") await new Response(result.answer.passOn()).text();
    const text = await rig.metrics.text();
    expect(text).toMatch(/llmproxy_upstream_duration_seconds_count\{[^}]*upstream="a"[^}]*\} 1\n/);
    expect(text).not.toMatch(/llmproxy_retries_total\{/);
    expect(text).not.toMatch(/llmproxy_upstream_errors_total\{/);
    expect(rig.upstreams.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
    expect(rig.deadlines.size).toBe(0);
  });

  it("retries the attempt, not the redirect, when what it led to fails", async () => {
    const fails: Step = () => new Response("", { status: 503 });
    const client = { redirects: "follow", retry: { attempts: 1, initial: 100 } } as const;
    const rig = createRig({ a: [moves, fails], b: [moves, done] }, { client });
    const { trace } = await rig.send();
    expect(rig.calls.map(({ upstream, url }) => upstream + new URL(url).pathname)).toEqual([
      "a/v1/chat/completions",
      "a/there/",
      "b/v1/chat/completions",
      "b/there/",
    ]);
    expect(trace.map(({ outcome, redirects }) => [outcome, redirects?.length])).toEqual([
      ["status_503", 1],
      ["status_200", 1],
    ]);
  });

  it("passes on what a streamed body or a WebSocket handshake is answered with", async () => {
    const streamed = createRig({ a: [moves] }, follows);
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>();
    const body = {
      type: "stream",
      stream,
      isWhole: () => false,
      onProgress() {},
      failure: () => undefined,
    } as const;
    expect(await streamed.send({ body })).toMatchObject({ result: { answer: { status: 307 } } });
    const socket = createRig({ a: [moves] }, follows);
    const upgrade = { join: () => new Response(), received() {} };
    expect(await socket.send({ upgrade })).toMatchObject({ result: { answer: { status: 307 } } });
  });

  it("gives an attempt no more time for its redirects", async () => {
    const timeouts = { connect: 1_000, request: 2_000, stall: 9_000, total: 60_000, idle: 60_000 };
    const slow =
      (step: Step): Step =>
      (init, url) =>
        new Promise((resolve, reject) => {
          init.onProgress();
          init.signal.addEventListener("abort", () => reject(new Error("aborted")));
          rig.clock.after(900, () => resolve(step(init, url)));
        });
    const rig = createRig(
      { a: [slow(moves), slow(moves), slow(done)] },
      { client: { redirects: "follow", timeouts } },
    );
    const sending = rig.send();
    for (let i = 0; i < 40; i += 1) {
      await rig.clock.advance(100);
      await settle();
    }
    expect((await sending).trace).toMatchObject([
      { outcome: "request_timeout", redirects: [{ status: 307 }, { status: 307 }] },
    ]);
    expect(rig.calls.map(({ at }) => at - (rig.calls[0]?.at ?? 0))).toEqual([0, 900, 1800]);
  });
});
