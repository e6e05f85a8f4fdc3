import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configWith, load, warningsOf } from "./support.ts";

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, "fixtures", name), "utf8");

describe("a file of the older generation", () => {
  it("loads as it is", async () => {
    const { config, errors } = await load(fixture("older.yaml"));
    expect(errors).toEqual([]);
    expect(config?.forwards).toMatchObject([
      {
        name: "chat_gateway",
        port: 3100,
        address: "0.0.0.0",
        group: "chat_pool",
        rateLimit: { perSecond: 40, burst: 80 },
        timeouts: { connect: 15_000 },
      },
      { name: "batch_gateway", port: 3101, group: "batch_pool" },
    ]);
    expect(config?.forwards[1]).not.toHaveProperty("rateLimit");
    expect(config?.admin).toMatchObject({ port: 9100, address: "127.0.0.1", connectTimeout: 5000 });
    expect(config?.upstreams).toMatchObject([
      {
        auth: { type: "bearer" },
        headers: [
          { op: "insert", key: "x-team-name" },
          { op: "remove", key: "x-debug" },
        ],
      },
      { auth: { type: "basic", username: "svc_batch" } },
      { url: "http://10.1.2.3:11434", auth: { type: "none" } },
    ]);
    const [chat, batch] = config?.groups ?? [];
    expect(chat).toMatchObject({
      members: [
        { upstream: "cloud_primary", weight: 7 },
        { upstream: "cloud_secondary", weight: 3 },
      ],
      strategy: "weighted_roundrobin",
      client: {
        agent: "LLMProxy/1.0 (chat)",
        keepAlive: 90_000,
        streamMode: true,
        timeouts: { connect: 8000, request: 240_000, idle: 120_000 },
        retry: { attempts: 2, initial: 750 },
      },
    });
    expect(chat?.client).not.toHaveProperty("proxy");
    expect(batch).toMatchObject({
      members: [{ upstream: "house_model", weight: 4 }],
      client: { streamMode: false, proxy: { url: "http://proxy.example.com:8080/" } },
    });
    expect(batch?.client).not.toHaveProperty("retry");
    expect(batch?.client.proxy?.authorization?.reveal()).toBe(`Basic ${btoa("relay:s3cret!")}`);
  });

  it("is warned of what the original read and didn't use", async () => {
    expect(warningsOf(await load(fixture("older.yaml")))).toEqual([
      "upstreams[0].headers[1].value: not used: op is remove",
      "upstreams[2].auth.token: not used: type is none",
      "upstreams[2].http_client: not used: the client is set per group, in upstream_groups[].http_client",
    ]);
  });

  it("is warned that a block without `enabled` is on", async () => {
    const text = fixture("older.yaml").replace(
      "        enabled: true\n        per_second: 40",
      "        per_second: 40",
    );
    const result = await load(text);
    expect(result.config?.forwards[0]?.rateLimit).toEqual({ perSecond: 40, burst: 80 });
    expect(warningsOf(result)).toContain(
      "http_server.forwards[0].ratelimit: is on because the block is present. Write enabled: true to keep it on without this warning, or enabled: false to turn it off",
    );
  });

  it.each([
    ["upstream_group", configWith({ client: "retry: {attempts: 1}" }), 1],
    [
      "default_group",
      configWith({ client: "retry: {attempts: 1}" }).replace("upstream_group:", "default_group:"),
      0,
    ],
    [
      "default_group, whatever else it says",
      configWith({
        forward: "ratelimit: {enabled: true}",
        client: "stream_mode: true, retry: {attempts: 1}",
      }).replace("upstream_group:", "default_group:"),
      0,
    ],
    ["nothing without `enabled`", configWith({ client: "retry: {enabled: true}" }), 0],
    ["a block that is null", configWith({ client: "retry: null" }), 0],
  ])("is told by %s", async (_, text, warnings) => {
    expect(warningsOf(await load(text))).toHaveLength(warnings);
  });
});

describe("a file of the newer generation", () => {
  it("loads as it is", async () => {
    const { config, errors } = await load(fixture("newer.yaml"));
    expect(errors).toEqual([]);
    expect(config?.forwards[0]).toMatchObject({
      group: "fallback_pool",
      rateLimit: { perSecond: 25, burst: 60 },
    });
    expect(config?.forwards[0]?.routes.map(({ path, group }) => [path, group])).toEqual([
      ["/v1/chat/completions", "fast_pool"],
      ["/v1/models/:model", "fallback_pool"],
      ["/v1/batches/{id:[0-9]+}/cancel", "fast_pool"],
      ["/v1/codes/{code:[A-Z][A-Z][0-9]}", "fast_pool"],
      ["/v1/*/events", "fallback_pool"],
      ["/files/*", "fallback_pool"],
    ]);
    expect(config?.forwards[1]).toMatchObject({ port: 3201, address: "0.0.0.0", group: "fast_pool" });
    expect(config?.upstreams).toMatchObject([
      { breaker: { threshold: 0.4, cooldown: 45_000 }, rateLimit: { perSecond: 70, burst: 70 } },
      { breaker: { threshold: 0.5, cooldown: 30_000 } },
    ]);
    expect(config?.groups).toMatchObject([
      {
        strategy: "response_aware",
        client: {
          streamMode: true,
          retry: { attempts: 4, initial: 1000 },
          proxy: { url: "http://proxy.example.com:8080/" },
        },
      },
      { strategy: "failover", client: { streamMode: false } },
    ]);
    expect(config?.groups[1]?.client).not.toHaveProperty("retry");
  });

  it("is not warned of blocks that are on because they are there, but of URLs that are endpoints", async () => {
    expect(warningsOf(await load(fixture("newer.yaml")))).toEqual([
      expect.stringMatching(/^upstreams\[0\]\.url: the URL ends in an endpoint/),
      expect.stringMatching(/^upstreams\[1\]\.url: the URL ends in an endpoint/),
    ]);
  });
});
