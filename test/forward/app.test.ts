import { describe, expect, it } from "vitest";
import type { ForwardConfig } from "../../src/config/config.ts";
import { createForward, type Forward } from "../../src/forward/app.ts";
import type { AccessRecord } from "../../src/log/log.ts";
import { type Bytes, TransportError } from "../../src/runtime/runtime.ts";
import { settle } from "../support/fake-clock.ts";
import { createRig, type Rig, type RigOptions, type Step } from "../support/scripted-upstreams.ts";
import { webRuntime } from "../support/web-runtime.ts";

interface Bench extends Rig {
  readonly forward: Forward;
  readonly log: AccessRecord[];
  readonly errors: unknown[];
  ask(path: string, init?: RequestInit, target?: string): Promise<Response>;
}

function createBench(
  steps: readonly Step[],
  config: Partial<ForwardConfig> = {},
  options: RigOptions & {
    readonly name?: string;
    readonly others?: Readonly<Record<string, readonly Step[]>>;
  } = {},
): Bench {
  const { name = "a", others = {}, ...rest } = options;
  const rig = createRig({ [name]: steps, ...others }, rest);
  const log: AccessRecord[] = [];
  const errors: unknown[] = [];
  const forward = createForward(
    {
      name: "f",
      address: "127.0.0.1",
      port: 0,
      group: "g",
      routes: [],
      timeouts: { connect: 10_000, body: 60_000, write: 300_000, idle: 75_000 },
      trustedProxies: [],
      maxBodySize: 1000,
      explicit: [],
      ...config,
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
        error: (message, fields) => errors.push({ message, ...fields }),
        access: (record) => log.push(record),
      },
    },
  );
  return {
    ...rig,
    forward,
    log,
    errors,
    ask: async (path, init, target) =>
      forward.handler(new Request(`http://h${path}`, init), {
        address: "192.0.2.9",
        ...(target !== undefined && { target }),
      }),
  };
}

const ok: Step = () => new Response("hello", { headers: { "content-type": "text/plain" } });

function upload(...chunks: (string | "hang")[]): RequestInit {
  const body = new ReadableStream<Bytes>({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === "hang") return new Promise(() => {});
      if (chunk === undefined) return controller.close();
      controller.enqueue(new TextEncoder().encode(chunk));
    },
  });
  return { method: "POST", body, duplex: "half" } as RequestInit;
}

describe("a forward", () => {
  it("answers with the upstream's answer, says whose it was, and logs it once", async () => {
    const bench = createBench([ok]);
    const response = await bench.ask("/v1/models?key=secret");
    expect(await response.text()).toBe("hello");
    expect(response.headers.get("x-llmproxy-upstream")).toBe("a");
    expect(response.headers.get("x-llmproxy-attempts")).toBe("1");
    expect(bench.log).toEqual([
      {
        id: response.headers.get("x-llmproxy-request-id"),
        forward: "f",
        method: "GET",
        path: "/v1/models",
        status: 200,
        group: "g",
        upstream: "a",
        attempts: 1,
        ms: 0,
        firstByteMs: 0,
        bytesIn: 0,
        bytesOut: 5,
        client: "192.0.2.9",
      },
    ]);
    expect(bench.forward.running).toBe(0);
  });

  it("names an upstream in any script, percent-encoded", async () => {
    const bench = createBench([ok], {}, { name: "主 1" });
    const response = await bench.ask("/");
    await response.text();
    expect(response.headers.get("x-llmproxy-upstream")).toBe("%E4%B8%BB%201");
    expect(bench.log).toMatchObject([{ upstream: "主 1" }]);
  });

  it("takes over a sane request id and makes its own in place of any other", async () => {
    const bench = createBench([ok, ok, ok, ok]);
    for (const id of ["1", "x".repeat(128)]) {
      const { headers } = await bench.ask("/", { headers: { "x-request-id": id } });
      expect(headers.get("x-llmproxy-request-id")).toBe(id);
    }

    const sane = await bench.ask("/", { headers: { "x-request-id": "req_1-a" } });
    expect(sane.headers.get("x-llmproxy-request-id")).toBe("req_1-a");
    expect(bench.calls[2]?.init.headers).toContainEqual(["x-request-id", "req_1-a"]);
    const odd = await bench.ask("/", { headers: { "x-request-id": 'a"b c' } });
    expect(odd.headers.get("x-llmproxy-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("answers a preflight itself, at its limit too, and logs it", async () => {
    const cors = { origins: ["https://app.test"] };
    const bench = createBench([ok], { cors, rateLimit: { perSecond: 1, burst: 1 } });
    const headers = { origin: "https://app.test", "access-control-request-method": "POST" };
    await (await bench.ask("/")).text();
    const response = await bench.ask("/v1/models", { method: "OPTIONS", headers });
    expect([response.status, response.body]).toEqual([204, null]);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://app.test");
    expect(response.headers.get("x-llmproxy-request-id")).toBe(bench.log[1]?.id);
    expect(bench.log[1]).toMatchObject({ method: "OPTIONS", path: "/v1/models", status: 204, attempts: 0 });
    expect(bench.calls).toHaveLength(1);
    expect(bench.forward.running).toBe(0);
  });

  it("lets a page read its refusals and its upstream's errors", async () => {
    const failed: Step = () =>
      new Response("no", { status: 400, headers: { "access-control-allow-origin": "https://theirs.test" } });
    const bench = createBench([failed], { cors: { origins: ["*"] }, rateLimit: { perSecond: 1, burst: 1 } });
    const answers = [await bench.ask("/"), await bench.ask("/")];
    expect(answers.map(({ status }) => status)).toEqual([400, 429]);
    for (const { headers } of answers) expect(headers.get("access-control-allow-origin")).toBe("*");
  });

  it("tells buffering proxies to let event streams through", async () => {
    const events: Step = () =>
      new Response("data: 1\n\n", { headers: { "content-type": "text/event-stream" } });
    const untyped: Step = () => new Response(new Uint8Array(1));
    const bench = createBench([events, ok, untyped]);
    expect((await bench.ask("/")).headers.get("x-accel-buffering")).toBe("no");
    expect((await bench.ask("/")).headers.get("x-accel-buffering")).toBeNull();
    expect((await bench.ask("/")).headers.get("x-accel-buffering")).toBeNull();
  });

  it("sends method, path, query and body on as they came", async () => {
    const bench = createBench([ok]);
    const response = await bench.ask("/v1/a%20b?x=%41&y", { method: "PUT", body: "abc" });
    const call = bench.calls[0];
    expect(call?.url).toBe("http://a/v1/a%20b?x=%41&y");
    expect(call?.init.method).toBe("PUT");
    expect(call?.init.body).toEqual(new TextEncoder().encode("abc"));
    // Once there is an answer it will not be sent again.
    expect(bench.budget.used).toBe(0);
    await response.text();
    expect(bench.budget.used).toBe(0);
  });

  it("strips a route's prefix at a segment's end only", async () => {
    const routes = [
      { path: "/team/*", group: "g", stripPrefix: "/team" },
      { path: "/*", group: "g", stripPrefix: "/team" },
    ];
    const bench = createBench([ok, ok, ok], { routes });
    for (const path of ["/team/v1/models", "/team", "/teamwork"]) await bench.ask(path);
    expect(bench.calls.map(({ url }) => url)).toEqual([
      "http://a/v1/models",
      "http://a/",
      "http://a/teamwork",
    ]);
  });

  it("limits each client's rate before anything else", async () => {
    const bench = createBench([ok], { rateLimit: { perSecond: 1, burst: 1 } });
    await bench.ask("/");
    const response = await bench.ask("/");
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(response.headers.get("x-llmproxy-error")).toBe("rate_limited");
    expect(await bench.metrics.text()).toContain('llmproxy_ratelimit_total{forward="f"} 1');
  });

  it.each([
    ["a dot segment in the target", "/x", {}, "/a/../x", 400, "bad_request"],
    ["an encoded dot segment in an absolute target", "/x", {}, "http://h/%2e%2e/x", 400, "bad_request"],
    ["a target that is too long", `/${"x".repeat(16_384)}`, {}, undefined, 414, "uri_too_long"],
    [
      "a WebSocket upgrade where the runtime can't",
      "/v1/realtime",
      { headers: { connection: "Upgrade", upgrade: "WebSocket" } },
      undefined,
      501,
      "not_implemented",
    ],
    [
      "a body that says it is too large",
      "/x",
      { method: "POST", body: "abc", headers: { "content-length": "1001" } },
      undefined,
      413,
      "body_too_large",
    ],
    [
      "a body that turns out too large",
      "/x",
      upload("x".repeat(600), "x".repeat(600)),
      undefined,
      413,
      "body_too_large",
    ],
  ] as const)("refuses %s", async (_name, path, init, target, status, code) => {
    const bench = createBench([]);
    const response = await bench.ask(path, init, target);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
    expect(bench.calls).toEqual([]);
    expect(bench.log).toMatchObject([{ status, error: code, attempts: 0 }]);
    expect(bench.forward.running).toBe(0);
    expect(bench.budget.used).toBe(0);
  });

  it("gives up on a client that is silent inside its body", async () => {
    const bench = createBench([]);
    const asking = bench.ask("/x", upload("half", "hang"));
    await settle();
    await bench.clock.advance(60_100);
    const response = await asking;
    expect(response.status).toBe(408);
    expect(bench.log).toMatchObject([{ error: "request_timeout", bytesIn: 4 }]);
    expect(bench.deadlines.size).toBe(0);
  });

  it("streams a body that is too large to keep, and counts it", async () => {
    let got = 0;
    const drain: Step = async ({ body }) => {
      got = (await new Response(body as ReadableStream<Bytes>).bytes()).byteLength;
      return new Response("ok");
    };
    const bench = createBench([drain], { maxBodySize: 1e9 });
    const chunk = "x".repeat(1024 * 1024);
    const response = await bench.ask("/v1/files", upload(...Array.from({ length: 12 }, () => chunk)));
    await response.text();
    expect(got).toBe(12 * 1024 * 1024);
    expect(bench.log).toMatchObject([{ bytesIn: 12 * 1024 * 1024, status: 200 }]);
    expect(bench.budget.used).toBe(0);
  });

  it("sends a streamed body of which nothing was sent to the next upstream, whole", async () => {
    const refuses: Step = () => Promise.reject(new TransportError("refused", true, "refused"));
    let got = 0;
    const drain: Step = async ({ body }) => {
      got = (await new Response(body as ReadableStream<Bytes>).bytes()).byteLength;
      return new Response("ok");
    };
    const bench = createBench([refuses], { maxBodySize: 1e9 }, { others: { b: [drain] } });
    const chunk = "x".repeat(1024 * 1024);
    const response = await bench.ask("/v1/files", upload(...Array.from({ length: 12 }, () => chunk)));
    expect([response.status, response.headers.get("x-llmproxy-attempts")]).toEqual([200, "2"]);
    expect(got).toBe(12 * 1024 * 1024);
    await response.text();
    expect(bench.budget.used).toBe(0);
  });

  it("does not send a streamed body again of which a part was taken", async () => {
    const takes: Step = async ({ body }) => {
      const reader = (body as ReadableStream<Bytes>).getReader();
      await reader.read();
      reader.releaseLock();
      throw new TransportError("refused", true, "refused after all");
    };
    const bench = createBench([takes], { maxBodySize: 1e9 }, { others: { b: [] } });
    const chunk = "x".repeat(1024 * 1024);
    const response = await bench.ask("/v1/files", upload(...Array.from({ length: 12 }, () => chunk)));
    expect(response.status).toBe(502);
  });

  it("answers 408 when a streamed body falls silent on its way upstream", async () => {
    const drain: Step = async ({ body }) =>
      new Response(await new Response(body as ReadableStream<Bytes>).text());
    const bench = createBench([drain], { maxBodySize: 1e9 });
    const asking = bench.ask("/v1/files", upload("x".repeat(9_000_000), "hang"));
    await settle();
    await bench.clock.advance(61_000);
    expect((await asking).status).toBe(408);
    expect(bench.upstreams[0]?.inFlight).toBe(0);
  });

  it("names a cut stream in its log line and its error metric", async () => {
    const breaks: Step = () =>
      new Response(
        new ReadableStream<Bytes>({
          pull: (controller) => controller.error(new Error("broken")),
        }),
      );
    const bench = createBench([breaks]);
    await expect((await bench.ask("/")).text()).rejects.toThrow();
    expect(bench.log).toMatchObject([{ status: 200, error: "cut", reason: "cut" }]);
    expect(await bench.metrics.text()).toContain(
      'llmproxy_http_request_errors_total{forward="f",error="cut",status="200"} 1',
    );
  });

  it("logs a client that left as 499", async () => {
    const endless: Step = () =>
      new Response(new ReadableStream<Bytes>({ pull: (c) => c.enqueue(new Uint8Array(1)) }));
    const bench = createBench([endless]);
    const response = await bench.ask("/");
    await response.body?.cancel();
    expect(bench.log).toMatchObject([{ status: 499, error: "client_closed" }]);
    expect(bench.calls[0]?.init.signal.aborted).toBe(true);
  });

  it("counts no bytes for an answer that nobody gets", async () => {
    const hangs: Step = ({ signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    const bench = createBench([hangs]);
    const left = new AbortController();
    const asking = bench.ask("/", { signal: left.signal });
    await settle();
    left.abort();
    expect((await asking).status).toBe(499);
    const head = createBench([], { group: "nowhere" });
    await head.ask("/", { method: "HEAD" });
    const counted = [bench, head].map(({ log: [line] }) => [line?.status, line?.bytesOut, line?.firstByteMs]);
    expect(counted).toEqual([
      [499, 0, undefined],
      [500, 0, undefined],
    ]);
  });

  it("counts the bytes of its own answers", async () => {
    const bench = createBench([], { group: "nowhere" });
    const text = await (await bench.ask("/")).text();
    expect(bench.log).toMatchObject([{ bytesOut: text.length, firstByteMs: 0 }]);
  });

  it("names the upstream and the attempts in its own answer too", async () => {
    const bench = createBench([() => Promise.reject(new TransportError("reset", false, "closed"))]);
    const { headers } = await bench.ask("/v1/x");
    expect(headers.get("x-llmproxy-upstream")).toBe("a");
    expect(headers.get("x-llmproxy-attempts")).toBe("1");
    expect(headers.get("x-llmproxy-request-id")).toBe(bench.log[0]?.id);
    expect(bench.log).toMatchObject([{ status: 502, error: "upstream_reset", reason: "reset" }]);
  });

  it("logs an upstream's error as the client's, and why the attempt before it failed", async () => {
    const failing = [503, 404].map(
      (status): Step =>
        () =>
          new Response("", { status }),
    );
    const bench = createBench(failing, {}, { client: { retry: { attempts: 1, initial: 100 } } });
    const asking = bench.ask("/");
    await settle();
    await bench.clock.advance(1000);
    await (await asking).text();
    expect(bench.log).toMatchObject([
      { status: 404, error: "upstream_status", attempts: 2, reason: "status_503" },
    ]);
    expect(await bench.metrics.text()).toContain(
      'llmproxy_http_request_errors_total{forward="f",error="upstream_status",status="404"} 1',
    );
  });

  it("strips a prefix however it is encoded", async () => {
    const routes = [{ path: "/team/*", group: "g", stripPrefix: "/team" }];
    const bench = createBench([ok], { routes });
    await bench.ask("/te%61m/v1/a%20b");
    expect(bench.calls[0]?.url).toBe("http://a/v1/a%20b");
  });

  it("tells buffering proxies of event streams however they are written", async () => {
    const events: Step = () =>
      new Response("", { headers: { "content-type": "Text/Event-Stream;charset=x" } });
    expect((await createBench([events]).ask("/")).headers.get("x-accel-buffering")).toBe("no");
  });

  it("keeps a defect of its own to itself", async () => {
    const bench = createBench([ok], { group: "nowhere" });
    const response = await bench.ask("/");
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: { code: "internal_error" } });
    expect(bench.errors).toHaveLength(1);
    expect(bench.forward.running).toBe(0);
    expect(await bench.metrics.text()).toMatch(/^llmproxy_internal_errors_total 1$/m);
  });

  it("answers also where the log takes no line", async () => {
    const bench = createBench([ok]);
    bench.log.push = () => {
      throw new Error("no line today");
    };
    const response = await bench.ask("/");
    expect([response.status, await response.text()]).toEqual([200, "hello"]);
    expect(bench.forward.running).toBe(0);
    expect(await bench.metrics.text()).toMatch(/^llmproxy_internal_errors_total 1$/m);
  });
});
