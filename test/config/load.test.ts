import { describe, expect, it } from "vitest";
import { configWith, load, warningsOf } from "./support.ts";

describe("a config that is fine", () => {
  it("gets the defaults", async () => {
    const { config, errors, warnings } = await load(configWith({ server: "admin: {}" }));
    expect(errors).toEqual([]);
    expect(warnings).toEqual([]);
    expect(config).toEqual({
      forwards: [
        {
          name: "front",
          port: 3000,
          address: "0.0.0.0",
          group: "pool",
          routes: [],
          timeouts: { connect: 10_000, body: 60_000, write: 300_000, idle: 75_000 },
          trustedProxies: [],
          maxBodySize: 64 * 2 ** 20,
          explicit: [],
        },
      ],
      admin: { port: 9000, address: "0.0.0.0", connectTimeout: 10_000 },
      upstreams: [
        { name: "one", url: "http://127.0.0.1:8001/v1", path: "join", auth: { type: "none" }, headers: [] },
      ],
      groups: [
        {
          name: "pool",
          members: [{ upstream: "one", weight: 1 }],
          strategy: "roundrobin",
          client: {
            agent: "test",
            keepAlive: 60_000,
            streamMode: true,
            redirects: "pass",
            timeouts: { connect: 10_000, request: 300_000, stall: 300_000, total: 600_000, idle: 60_000 },
            explicit: ["agent"],
          },
        },
      ],
      bufferLimit: 512 * 2 ** 20,
    });
  });

  it("gets its own values, in the program's units", async () => {
    const { config, errors } = await load(
      configWith({
        forward:
          "port: 0, address: '::1', ratelimit: {per_second: 7}, timeout: {connect: 1.5, idle: 4}, max_body_size: 512KiB, " +
          "trusted_proxies: [10.0.0.0/8, '::1'], routing: [{path: '/a/*', target_group: pool, strip_prefix: /a/}]",
        upstream:
          "weight: 9, path: fixed, breaker: {cooldown: 2}, ratelimit: {per_second: 3}, max_in_flight: 5, " +
          "health_check: {path: /up}, auth: {type: basic, username: u, password: p}, headers: [{op: remove, key: X-A}]",
        client:
          "keepalive: 0, stream: false, redirects: follow, timeout: {first_token: 0.1}, retry: {}, proxy: {url: 'http://u:p%40@h:1'}",
        top: "buffer_limit: 1GiB",
      }),
    );
    expect(errors).toEqual([]);
    expect(config).toMatchObject({
      bufferLimit: 2 ** 30,
      forwards: [
        {
          port: 0,
          rateLimit: { perSecond: 7, burst: 14 },
          timeouts: { connect: 1500, idle: 4000 },
          maxBodySize: 512 * 1024,
          trustedProxies: ["10.0.0.0/8", "::1"],
          routes: [{ path: "/a/*", group: "pool", stripPrefix: "/a" }],
          explicit: ["timeout.connect", "timeout.idle"],
        },
      ],
      upstreams: [
        {
          path: "fixed",
          breaker: { threshold: 0.5, cooldown: 2000 },
          rateLimit: { perSecond: 3, burst: 3 },
          maxInFlight: 5,
          healthCheck: { path: "/up", interval: 10_000, timeout: 2000, healthy: 2, unhealthy: 3 },
          auth: { type: "basic", username: "u" },
          headers: [{ op: "remove", key: "x-a" }],
        },
      ],
      groups: [
        {
          members: [{ upstream: "one", weight: 9 }],
          client: {
            keepAlive: 0,
            streamMode: false,
            redirects: "follow",
            timeouts: { firstToken: 100 },
            retry: { attempts: 3, initial: 500 },
            proxy: { url: "http://h:1/" },
            explicit: ["agent", "keepalive", "stream", "redirects", "timeout.first_token"],
          },
        },
      ],
    });
    expect(config?.groups[0]?.client.proxy?.authorization?.reveal()).toBe(`Basic ${btoa("u:p@")}`);
  });

  it("has no admin port unless the file says so", async () => {
    expect((await load(configWith({}))).config).not.toHaveProperty("admin");
  });

  it.each(["ratelimit: null", "timeout: ~", "routing:", "tls: null", "trusted_proxies: null", "port: null"])(
    "takes `%s` for a key that is not there",
    async (forward) => {
      const [bare, given] = await Promise.all([load(configWith({})), load(configWith({ forward }))]);
      expect(given).toEqual(bare);
    },
  );
});

describe("a block with `enabled`", () => {
  it.each([
    ["retry: {}", "retry", true],
    ["retry: {enabled: true}", "retry", true],
    ["retry: {enabled: false}", "retry", false],
    ["retry: {enabled: false, attempts: 0}", "retry", false],
    ["retry: null", "retry", false],
    ["proxy: {enabled: false}", "proxy", false],
    ["proxy: {enabled: false, url: ''}", "proxy", false],
    ['proxy: {enabled: false, url: "${NOT_SET}"}', "proxy", false],
    ["proxy: {url: 'http://h'}", "proxy", true],
  ])("`%s` makes %s on: %s", async (client, block, isOn) => {
    const { config, errors } = await load(configWith({ client }));
    expect(errors).toEqual([]);
    expect(Object.hasOwn(config?.groups[0]?.client ?? {}, block)).toBe(isOn);
  });

  it("can be turned by the environment", async () => {
    const text = `x-retry: &retry\n  enabled: \${RETRY}\n${configWith({ client: "retry: *retry" })}`;
    const [on, off] = await Promise.all([
      load(text, { env: { RETRY: "true" } }),
      load(text, { env: { RETRY: "false" } }),
    ]);
    expect([on.errors, off.errors]).toEqual([[], []]);
    expect(on.config?.groups[0]?.client.retry).toBeDefined();
    expect(off.config?.groups[0]?.client.retry).toBeUndefined();
  });
});

describe("warnings", () => {
  const endpoint = configWith({}).replace("/v1", "/v1/chat/completions");

  it("speak of a URL that is an endpoint, unless every request is to go there", async () => {
    expect(warningsOf(await load(endpoint))).toEqual([
      expect.stringMatching(
        /^upstreams\[0\]\.url: the URL ends in an endpoint \(chat\/completions\).*path: fixed/,
      ),
    ]);
    expect(warningsOf(await load(endpoint.replace('completions"', 'completions", path: fixed')))).toEqual([]);
  });

  it("speak of bases of one group that differ", async () => {
    const text = configWith({})
      .replace("upstream_groups", '  - { name: two, url: "http://127.0.0.1:8002/" }\nupstream_groups')
      .replace("[{ name: one }]", "[{ name: one }, { name: two }]");
    expect(warningsOf(await load(text))).toEqual([
      'upstream_groups[0].upstreams[1].name: its base path "/" differs from "/v1/" of "one": requests of this group go to different paths',
    ]);
    expect(warningsOf(await load(text.replace("8002/", "8002/v1/")))).toEqual([]);
  });

  it("speak of routes that are never used", async () => {
    const routing = "routing: [{path: '/:a/*', target_group: pool}, {path: '/*/x', target_group: pool}]";
    expect(warningsOf(await load(configWith({ forward: routing })))).toEqual([
      'http_server.forwards[0].routing[1].path: never used: "/:a/*" takes all its requests',
    ]);
  });
});
