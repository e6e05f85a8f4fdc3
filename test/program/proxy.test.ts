import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import type { AccessRecord } from "../../src/log/access.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { createProxy } from "../../src/program/proxy.ts";
import { createFakeClock, settle } from "../support/fake-clock.ts";
import { createFakeRuntime } from "../support/fake-runtime.ts";

const YAML = `
http_server:
  forwards:
    - { name: f, port: 0, upstream_group: first, routing: [{ path: /second/*, target_group: second }] }
upstreams:
  - { name: shared, url: "http://shared", max_in_flight: 1 }
  - { name: own, url: "http://own" }
upstream_groups:
  - name: first
    upstreams: [{ name: shared, weight: 3 }]
    http_client:
      keepalive: 20
      timeout: { connect: 3, idle: 7 }
      proxy: { enabled: true, url: "http://user:pass@proxy:3128" }
  - { name: second, upstreams: [{ name: shared }, { name: own }], balance: { strategy: failover } }
`;

async function build(fetch: () => Promise<Response>, yaml = YAML) {
  const { config } = await parseConfig(yaml, {
    file: "c.yaml",
    readTextFile: () => Promise.reject(new Error("none")),
    env: () => undefined,
  });
  if (config === undefined) throw new Error("the configuration is wrong");
  const runtime = createFakeRuntime({ fetch });
  const metrics = createMetrics({ runtime: "fake", version: "0", processStats: () => ({}) });
  const warnings: unknown[] = [];
  const accesses: AccessRecord[] = [];
  const log = {
    debug() {},
    info() {},
    warn: (message: string, fields?: object) => void warnings.push({ message, ...fields }),
    error() {},
    access: (record: AccessRecord) => void accesses.push(record),
  };
  const proxy = createProxy(config, { runtime, metrics, log, clock: createFakeClock(), random: () => 0.5 });
  const ask = (path: string) =>
    proxy.forwards[0]?.handler(new Request(`http://h${path}`), { address: "192.0.2.1" }) as Promise<Response>;
  return { runtime, proxy, ask, warnings, accesses };
}

describe("a proxy", () => {
  it("has a client for each upstream of each group, by the group's options", async () => {
    const { runtime } = await build(async () => new Response());
    expect(runtime.clients.map(({ options }) => options)).toEqual([
      {
        connectTimeout: 3000,
        idleTimeout: 7000,
        keepAlive: 20_000,
        proxy: {
          url: expect.stringMatching(/^http:\/\/proxy:3128\/?$/),
          authorization: `Basic ${btoa("user:pass")}`,
        },
      },
      { connectTimeout: 10_000, idleTimeout: 60_000, keepAlive: 60_000 },
      { connectTimeout: 10_000, idleTimeout: 60_000, keepAlive: 60_000 },
    ]);
  });

  it("shares an upstream's state between its groups, and says how each group is", async () => {
    let answer = (_response: Response): void => {};
    const { proxy, ask } = await build(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const first = ask("/x");
    await settle();
    expect(proxy.health()).toEqual([
      {
        name: "first",
        available: false,
        upstreams: [{ name: "shared", state: "up", available: false, inFlight: 1, limits: 0, weight: 3 }],
      },
      {
        name: "second",
        available: true,
        upstreams: [
          { name: "shared", state: "up", available: false, inFlight: 1, limits: 0, weight: 1 },
          { name: "own", state: "up", available: true, inFlight: 0, limits: 0, weight: 1 },
        ],
      },
    ]);
    answer(new Response("1"));
    await (await first).text();
    const second = ask("/second/x");
    await settle();
    answer(new Response("2"));
    expect((await second).headers.get("x-llmproxy-upstream")).toBe("shared");
    await (await second).text();
    expect(proxy.health()[0]?.available).toBe(true);
  });

  it.each([
    [402, "{}", "account_empty"],
    [
      429,
      '{"error":{"code":"insufficient_quota","message":"You exceeded your current quota."}}',
      "account_empty",
    ],
    [403, '{"error":{"code":"invalid_api_key","message":"Invalid API key."}}', "invalid_key"],
    [503, "{}", "retry_after"],
  ])("says why an upstream cools down: %i %s", async (status, body, reason) => {
    const headers = { "content-type": "application/json", ...(status === 503 && { "retry-after": "60" }) };
    const yaml = YAML.replace('"http://own"', '"http://own", auth: { type: bearer, token: t }');
    const { ask, warnings } = await build(
      async () => new Response(body, { status, headers }),
      `${yaml}
  - { name: third, upstreams: [{ name: own }, { name: shared }] }
`.replace("target_group: second", "target_group: third"),
    );
    await (await ask("/second/x")).text();
    expect(warnings).toEqual([{ message: "upstream cools down", upstream: "own", reason, seconds: 60 }]);
  });

  it("logs the attempts of a request that took several", async () => {
    let calls = 0;
    const { ask, accesses } = await build(async () => {
      calls += 1;
      return new Response("", { status: calls % 3 === 1 ? 503 : 200 });
    });
    for (let i = 0; i < 2; i += 1) await (await ask("/second/x")).text();
    expect(accesses.map(({ upstream, reason, trace }) => [upstream, reason, trace])).toEqual([
      ["own", "status_503", '"shared";outcome=status_503;ms=0, "own";outcome=status_200;ms=0'],
      ["shared", undefined, undefined],
    ]);
  });

  it("logs the last 20 of many attempts", async () => {
    const many = Array.from({ length: 30 }, (_, i) => `u${i}`);
    const upstreams = many.map((name) => `  - { name: ${name}, url: "http://${name}" }\n`).join("");
    const members = many.map((name) => `{ name: ${name} }`).join(", ");
    const yaml = YAML.replace("upstreams:\n", `upstreams:\n${upstreams}`).replace(
      "upstreams: [{ name: shared }, { name: own }]",
      `upstreams: [${members}]`,
    );
    const { ask, accesses } = await build(async () => new Response("", { status: 503 }), yaml);
    await (await ask("/second/x")).text();
    const names = accesses[0]?.trace?.split(", ").map((entry) => entry.split(";")[0]);
    expect([accesses[0]?.attempts, names]).toEqual([30, many.slice(10).map((name) => `"${name}"`)]);
  });

  it("says in the answer and in the log why no upstream is available", async () => {
    const headers = { "retry-after": "60" };
    const { ask, accesses } = await build(async () => new Response("", { status: 429, headers }));
    await (await ask("/x")).text();
    const refused = await ask("/x");
    expect(await refused.text()).toContain('No upstream of group \\"first\\" is available: 1 limited.');
    expect(accesses.map(({ status, detail }) => [status, detail])).toEqual([
      [429, undefined],
      [503, "1 limited"],
    ]);
  });

  it("closes every client", async () => {
    const { runtime, proxy } = await build(async () => new Response());
    proxy.close();
    expect(runtime.clients.map(({ closed }) => closed)).toEqual([true, true, true]);
  });
});
