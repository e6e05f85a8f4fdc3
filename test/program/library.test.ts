import { describe, expect, it } from "vitest";
import { ConfigError, type ConfigObject, createForward, type Deps } from "../../adapters/web.ts";

const CONFIG: ConfigObject = {
  http_server: { forwards: [{ name: "front", upstream_group: "pool" }] },
  upstreams: [{ name: "one", url: "http://one.test/v1" }],
  upstream_groups: [{ name: "pool", upstreams: [{ name: "one" }] }],
};

const YAML = `
http_server:
  forwards:
    - { name: a, upstream_group: pool }
    - { name: b, port: 3001, upstream_group: pool, routing: [{ path: /x/*, target_group: pool, strip_prefix: /x }] }
upstreams: [{ name: one, url: "http://one.test" }]
upstream_groups: [{ name: pool, upstreams: [{ name: one }] }]
`;

interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly init: RequestInit;
}

/** A forward whose upstreams answer by `answer`, and what they were sent. */
async function forward(
  config: string | ConfigObject,
  deps: Deps = {},
  answer: (url: string) => Response | Error = () => new Response("ok"),
) {
  const sent: Sent[] = [];
  const lines: string[] = [];
  const llm = await createForward(config, {
    write: (line) => lines.push(line),
    async fetch(url, init) {
      sent.push({ url, headers: new Headers(init.headers), init });
      const answered = answer(url);
      if (answered instanceof Error) throw answered;
      return answered;
    },
    ...deps,
  });
  const logged = (): readonly Record<string, unknown>[] => lines.map((line) => JSON.parse(line));
  return { llm, sent, logged };
}

const ask = (path = "/v1/models", init: RequestInit = {}) => new Request(`http://proxy.test${path}`, init);
const chat = () => ask("/v1/chat/completions", { method: "POST", body: "{}" });

/** What must not be sent twice, unless nothing was sent. */
const upload = () => ask("/v1/files", { method: "POST", body: "{}" });

/** The message that a config is refused with. */
async function refusal(config: string | ConfigObject, deps: Deps = {}): Promise<string> {
  const error: unknown = await createForward(config, deps).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  return String((error as ConfigError).message);
}

describe("a forward as a function", () => {
  it("answers with what the upstream of an object's config answers", async () => {
    const { llm, sent } = await forward(CONFIG);
    const response = await llm.fetch(ask("/v1/models?limit=1"));
    expect(await response.text()).toBe("ok");
    expect(response.headers.get("x-llmproxy-upstream")).toBe("one");
    expect(sent.map(({ url }) => url)).toEqual(["http://one.test/v1/models?limit=1"]);
  });

  it("is one of a YAML config's forwards, by its name", async () => {
    const { llm, sent } = await forward(YAML, { forward: "b" });
    await llm.fetch(ask("/x/v1/models"));
    expect(sent[0]?.url).toBe("http://one.test/v1/models");
  });

  it("needs a name where there are several, and one that there is", async () => {
    expect(await refusal(YAML)).toBe('forward: none is chosen, expected one of "a", "b"');
    expect(await refusal(YAML, { forward: "c" })).toBe('forward: found "c", expected one of "a", "b"');
  });

  it("refuses a wrong config with all that is wrong with it", async () => {
    const wrong: ConfigObject = { ...CONFIG, upstreams: [{ name: "one", url: "ftp://x", weight: 0 }] };
    const message = await refusal(wrong);
    expect(message).toMatch(/upstreams\[0\]\.url: found "ftp:\/\/x", expected an http or https URL/);
    expect(message).toMatch(/upstreams\[0\]\.weight: found 0, expected a whole number from 1 to 65535/);
    const error: unknown = await createForward(wrong).catch((reason: unknown) => reason);
    expect((error as ConfigError).diagnostics.map(({ path }) => path)).toEqual([
      "upstreams[0].url",
      "upstreams[0].weight",
    ]);
  });

  it("takes references from `env`, where they are texts, and files from `readTextFile`", async () => {
    const auth = { type: "bearer", token: `${"$"}{KEY}-${"$"}{file:more}` } as const;
    const config: ConfigObject = { ...CONFIG, upstreams: [{ name: "one", url: "http://one.test", auth }] };
    const { llm, sent } = await forward(config, {
      env: { KEY: "sk" },
      readTextFile: async (path) => (path === "more" ? "1\n" : Promise.reject(new Error("no such file"))),
    });
    await llm.fetch(ask());
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer sk-1");
    expect(await refusal(config, { env: { KEY: {} } })).toMatch(/KEY/);
    expect(await refusal(config, { env: { KEY: "sk" } })).toMatch(/readTextFile is not given/);
  });

  it("tells upstreams, and its rate limit, of the client that it was told of", async () => {
    const front = { name: "front", upstream_group: "pool", ratelimit: { per_second: 1, burst: 1 } };
    const { llm, sent } = await forward({ ...CONFIG, http_server: { forwards: [front] } });
    const { fetch } = llm;
    const statuses = [
      await fetch(ask(), { address: "192.0.2.1" }),
      await fetch(ask(), { address: "192.0.2.1" }),
      await fetch(ask(), { address: "192.0.2.2" }),
      // A worker's environment in a peer's place.
      await fetch(ask(), { SOME_BINDING: 1 }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 429, 200, 200]);
    expect(sent.map(({ headers }) => headers.get("x-forwarded-for"))).toEqual([
      "192.0.2.1",
      "192.0.2.2",
      "0.0.0.0",
    ]);
  });

  it("counts, and says how its upstreams are", async () => {
    const { llm } = await forward(CONFIG);
    await (await llm.fetch(ask())).text();
    expect(await llm.metrics()).toMatch(/llmproxy_http_requests_total\{.*\} 1\n/);
    expect(llm.health()).toMatchObject([
      { name: "pool", available: true, upstreams: [{ name: "one", state: "up" }] },
    ]);
  });

  it("logs its warnings, what fetch can't do, and each request", async () => {
    const config: ConfigObject = {
      ...CONFIG,
      upstreams: [{ name: "one", url: "http://one.test/v1/chat/completions" }],
      upstream_groups: [
        {
          name: "pool",
          upstreams: [{ name: "one" }],
          http_client: { keepalive: 5, timeout: { connect: 3 } },
        },
      ],
    };
    const { llm, logged } = await forward(config);
    await (await llm.fetch(chat())).text();
    const [first, ...rest] = logged();
    expect(first?.["detail"]).toMatch(/upstreams\[0\]\.url: the URL ends in an endpoint/);
    expect(rest.map((line) => line["option"] ?? line["msg"])).toEqual([
      "http_client.timeout.connect",
      "http_client.keepalive",
      "ready",
      "request",
    ]);
  });

  it("begins health checks unless told not to, and ends them when it is closed", async () => {
    const checked: ConfigObject = {
      ...CONFIG,
      upstreams: [{ name: "one", url: "http://one.test", health_check: { path: "/well" } }],
    };
    const { llm, sent } = await forward(checked);
    expect(sent.map(({ url }) => url)).toEqual(["http://one.test/well"]);
    llm.close();
    expect((await forward(checked, { healthChecks: false })).sent).toEqual([]);
  });

  it("refuses what fetch can't be told: an outbound proxy and roots of an upstream's own", async () => {
    const proxied: ConfigObject = {
      ...CONFIG,
      upstream_groups: [
        {
          name: "pool",
          upstreams: [{ name: "one" }],
          http_client: { proxy: { url: "http://u:hidden@p.test:3128" } },
        },
      ],
    };
    const message = await refusal(proxied);
    expect(message).toMatch(/http_client\.proxy \(http:\/\/p\.test:3128\/\) can't be used/);
    const ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const rooted: ConfigObject = {
      ...CONFIG,
      upstreams: [{ name: "one", url: "https://one.test", tls: { ca: "ca.crt" } }],
    };
    expect(await refusal(rooted, { readTextFile: async () => ca })).toMatch(/tls\.ca can't be used/);
  });
});

describe("a plain fetch as a client", () => {
  const pair: ConfigObject = {
    ...CONFIG,
    upstreams: [
      { name: "one", url: "http://one.test/v1" },
      { name: "two", url: "http://two.test/v1" },
    ],
    upstream_groups: [
      { name: "pool", upstreams: [{ name: "one" }, { name: "two" }], balance: { strategy: "failover" } },
    ],
  };
  const failing = (error: Error) => (url: string) => (url.includes("one.") ? error : new Response("two"));
  const coded = (code: string) =>
    new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });

  it.each(["ECONNREFUSED", "ENOTFOUND", "UND_ERR_CONNECT_TIMEOUT", "CERT_HAS_EXPIRED"])(
    "moves on where %s says that nothing was sent",
    async (code) => {
      const { llm } = await forward(pair, {}, failing(coded(code)));
      expect(await (await llm.fetch(upload())).text()).toBe("two");
    },
  );

  it("moves on from the first of several addresses that all refused", async () => {
    const all = new TypeError("fetch failed", { cause: new AggregateError([coded("ECONNREFUSED").cause]) });
    const { llm } = await forward(pair, {}, failing(all));
    expect(await (await llm.fetch(upload())).text()).toBe("two");
  });

  it("takes an error that says nothing for a reset, after which something may have been sent", async () => {
    const { llm, sent } = await forward(pair, {}, failing(new TypeError("Network connection lost.")));
    const response = await llm.fetch(upload());
    expect([response.status, response.headers.get("x-llmproxy-error")]).toEqual([502, "upstream_reset"]);
    expect(sent).toHaveLength(1);
  });

  it("asks for answers as they are, whatever the client asks for, and follows no redirect", async () => {
    const { llm, sent } = await forward(CONFIG);
    await llm.fetch(ask("/v1/models", { headers: { "accept-encoding": "gzip, zstd" } }));
    expect(sent[0]?.headers.get("accept-encoding")).toBe("identity");
    expect(sent[0]?.init.redirect).toBe("manual");
  });

  it("passes on an answer that was decoded all the same without its coding and length", async () => {
    const headers = { "content-encoding": "gzip", "content-length": "999", "x-kept": "1" };
    const { llm } = await forward(CONFIG, {}, () => new Response("plain", { headers, status: 201 }));
    const response = await llm.fetch(ask());
    expect(response.status).toBe(201);
    expect(await response.text()).toBe("plain");
    expect([...response.headers.keys()].filter((name) => name.startsWith("content-"))).not.toContain(
      "content-encoding",
    );
    expect(response.headers.get("content-length")).toBeNull();
    expect(response.headers.get("x-kept")).toBe("1");
  });

  it("refuses an answer in a coding that nobody undid", async () => {
    const headers = { "content-encoding": "zstd" };
    const { llm } = await forward(CONFIG, {}, () => new Response("?", { headers }));
    expect((await llm.fetch(ask())).headers.get("x-llmproxy-error")).toBe("upstream_bad_response");
  });

  it("refuses a redirect that the platform hides", async () => {
    const hidden = (): Response => Object.defineProperty(new Response(), "status", { value: 0 });
    const { llm } = await forward(CONFIG, {}, hidden);
    expect((await llm.fetch(ask())).headers.get("x-llmproxy-error")).toBe("upstream_bad_response");
  });
});
