/** What health checks cost and what they must not disturb, whatever the upstream does with them. */

import { expect } from "vitest";
import { samplesOf } from "../../conformance/samples.ts";
import { answer, flood, ok, rawThenReset } from "../../support/behaviours.ts";
import { type ConnectProxy, startConnectProxy } from "../../support/connect-proxy.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { Behaviour, FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";
import { eventually, now } from "../../support/wait.ts";

const NAMES = ["pooled", "endless", "moved", "tunnelled"] as const;

interface Fixture {
  readonly ups: Readonly<Record<(typeof NAMES)[number], FaultUpstream>>;
  readonly outbound: ConnectProxy;
  readonly proxy: RunningProxy;
}

const CHECK = "health_check: {path: /healthz, interval: 1, timeout: 1, healthy: 1, unhealthy: 1}";
const GIGABYTE = 1024 ** 3;

async function setup({ upstream, start, scope }: Kit): Promise<Fixture> {
  const outbound = await startConnectProxy("ann:secret");
  scope.defer(() => outbound.close());
  const ups = {
    pooled: await upstream(),
    endless: await upstream(),
    moved: await upstream(),
    tunnelled: await upstream(),
  };
  ups.pooled.on("/healthz", answer(200, [["connection", "close"]]));
  ups.endless.on("/healthz", flood(GIGABYTE));
  ups.moved.on("/healthz", answer(302, [["location", `${ups.moved.url}/elsewhere`]]));
  ups.tunnelled.on("/healthz", ok());
  const via = `proxy: {url: "http://ann:secret@127.0.0.1:${outbound.port}"}`;
  const yaml = `
http_server:
  forwards:
    - {name: pooled, port: 0, address: 127.0.0.1, upstream_group: pooled}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
${NAMES.map((name) => `  - {name: ${name}, url: "${ups[name].url}", ${CHECK}}`).join("\n")}
upstream_groups:
${NAMES.map((name) => `  - {name: ${name}, upstreams: [{name: ${name}}], http_client: {${name === "tunnelled" ? via : ""}}}`).join("\n")}
`;
  return { ups, outbound, proxy: await start(yaml) };
}

const shown = async (proxy: RunningProxy, upstream: string): Promise<readonly string[]> =>
  (await samplesOf(proxy)).labels("llmproxy_upstream_state", { upstream }, "state");

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "the endless body of a check's answer is let go, and the status counts",
    async run({ ups, proxy }, { annotate }) {
      const { endless } = ups;
      const first = await endless.request("/healthz");
      await eventually(() => first.left, 5_000, "the first check ends");
      await endless.request("/healthz", 3);
      await annotate(`${endless.sent} bytes in ${endless.requests("/healthz").length} checks`);
      expect(endless.sent).toBeLessThan(64 * 1024 * 1024);
      expect(await shown(proxy, "endless")).toEqual(["up"]);
    },
  },
  {
    name: "a check that is answered with a redirect is well, and does not follow it",
    async run({ ups, proxy }) {
      await ups.moved.request("/healthz", 3);
      expect(await shown(proxy, "moved")).toEqual(["up"]);
      expect(ups.moved.requests("/elsewhere")).toEqual([]);
    },
  },
  {
    name: "a check goes through the group's outbound proxy",
    async run({ ups, outbound, proxy }) {
      await ups.tunnelled.request("/healthz", 2);
      expect(await shown(proxy, "tunnelled")).toEqual(["up"]);
      expect(outbound.asked.some(({ line }) => line.includes(`:${ups.tunnelled.port}`))).toBe(true);
    },
  },
  {
    name: "a check has a connection of its own, and leaves the requests theirs",
    async run({ ups, proxy }) {
      const { pooled } = ups;
      const path = uniquePath("/v1/chat/completions");
      pooled.on(path, ok());
      await request(proxy.port("pooled"), path, { body: "{}" });
      const checks = pooled.requests("/healthz").length;
      await pooled.request("/healthz", checks + 2);
      await request(proxy.port("pooled"), path, { body: "{}" });
      const own = pooled.requests(path).map(({ connection }) => connection);
      expect(new Set(own).size).toBe(1);
      const others = pooled.requests("/healthz").map(({ connection }) => connection);
      expect(new Set([...others, ...own]).size).toBe(others.length + 1);
    },
  },
  {
    name: "a connection that went stale between two requests is told from a failure, checks or no checks",
    async run({ ups, proxy }) {
      const { pooled } = ups;
      const path = uniquePath("/v1/chat/completions");
      pooled.on(path, ok(), rawThenReset(), ok());
      await request(proxy.port("pooled"), path, { body: "{}" });
      await pooled.request("/healthz", pooled.requests("/healthz").length + 1);
      const again = await request(proxy.port("pooled"), path, { body: "{}" });
      expect([again.status, again.header("x-llmproxy-attempts")]).toEqual([200, "2"]);
    },
  },
];

contract("health checks of odd upstreams", setup, rows);

contract(
  "health checks that hang",
  async () => ({}),
  [
    {
      name: "they hold up neither start nor answers, come one at a time, and an exit does not wait for one",
      async run({ upstream, start }) {
        const up = await upstream();
        let running = 0;
        let most = 0;
        const hangAndCount: Behaviour = async ({ left }) => {
          running += 1;
          most = Math.max(most, running);
          await left();
          running -= 1;
        };
        up.on("/healthz", hangAndCount);
        const check = "health_check: {path: /healthz, interval: 1, timeout: 2, unhealthy: 2}";
        const proxy = await start(simpleConfig({ upstreams: [["only", up.url]], upstream: check }));
        const path = uniquePath();
        up.on(path, ok());
        expect((await request(proxy.port("main"), path)).status).toBe(200);
        await up.request("/healthz");
        expect(running).toBe(1);

        const refused = await eventually(
          async () => {
            const answered = await request(proxy.port("main"), path);
            return answered.status === 503 && answered;
          },
          12_000,
          "it is down",
        );
        expect(refused.header("x-llmproxy-error")).toBe("no_upstream_available");
        expect(up.requests("/healthz")).toHaveLength(2);
        await proxy.logged(({ msg, check }) => msg === "upstream is down" && check === "timeout");

        await up.request("/healthz", 3);
        expect([running, most]).toEqual([1, 1]);
        const asked = now();
        proxy.signal("SIGTERM");
        expect(await proxy.exited(5_000)).toBe(0);
        expect(now() - asked).toBeLessThan(1_500);
        expect(proxy.stderr).toBe("");
        expect(up.requests("/healthz")).toHaveLength(3);
        await eventually(() => running === 0, 2_000, "the last check's connection closes");
      },
    },
  ],
  { concurrent: true },
);
