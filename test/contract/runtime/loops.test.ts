/** Requests that come back to the forward that sent them, and proxies in a row, which are no loop. */

import { expect } from "vitest";
import { echo } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import { freePort } from "../../support/free-port.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";

interface Fixture {
  readonly up: FaultUpstream;
  /** `self` is its own upstream, `round` and `about` are each other's, `chain` goes through `last` to `up`. */
  readonly proxy: RunningProxy;
  /** Another process of the same program, whose upstream is `last`. */
  readonly before: RunningProxy;
}

const FORWARDS = ["self", "round", "about", "chain", "last"] as const;

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const [self, round, about, chain, last] = await Promise.all(FORWARDS.map(freePort));
  const ports = { self, round, about, chain, last };
  const to = { self, round: about, about: round, chain: last, last: up.port };
  const yaml = `
http_server:
  forwards:
${FORWARDS.map((name) => `    - {name: ${name}, port: ${ports[name]}, address: 127.0.0.1, upstream_group: ${name}}`).join("\n")}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
${FORWARDS.map((name) => `  - {name: ${name}, url: "http://127.0.0.1:${to[name]}"}`).join("\n")}
upstream_groups:
${FORWARDS.map((name) => `  - {name: ${name}, upstreams: [{name: ${name}}], http_client: {retry: {attempts: 3}}}`).join("\n")}
`;
  const proxy = await start(yaml);
  const before = await start(simpleConfig({ upstreams: [["last", `http://127.0.0.1:${last}`]] }));
  return { up, proxy, before };
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a forward that is its own upstream answers 508 after one round, and says so in log and metrics",
    async run({ proxy }) {
      const path = uniquePath("/v1/chat/completions");
      const answer = await request(proxy.port("self"), path, { body: "{}" });
      expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([508, "loop_detected"]);
      expect(answer.json()).toMatchObject({ error: { code: "loop_detected", type: "server_error" } });
      await proxy.logged((line) => line["path"] === path && line["error"] === "loop_detected");
      await proxy.logged((line) => line["path"] === path && line["error"] === "upstream_status");
      expect(proxy.log.filter((line) => line["path"] === path).length).toBe(2);
      const metrics = await request(proxy.adminPort, "/metrics");
      expect(metrics.text()).toContain('error="loop_detected",status="508"');
      expect(proxy.stderr).toMatch(/warning: .*upstreams\[0\]\.url: leads to http_server\.forwards\[0\]/);
    },
  },
  {
    name: "so does one that comes back through another one",
    async run({ proxy }) {
      const path = uniquePath();
      const answer = await request(proxy.port("round"), path);
      expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([508, "loop_detected"]);
      await proxy.logged((line) => line["path"] === path && line["forward"] === "about");
      expect(proxy.log.filter((line) => line["path"] === path).length).toBeLessThanOrEqual(3);
    },
  },
  {
    name: "two forwards of a process in a row, and two processes, are no loop; each adds itself to Via",
    async run({ up, proxy, before }) {
      for (const port of [proxy.port("chain"), before.port("main")]) {
        const path = uniquePath();
        up.on(path, echo);
        const answer = await request(port, path, { headers: [["via", "1.0 fred (a, b)"]] });
        expect(answer.status).toBe(200);
        const via = up.requests(path)[0]?.header("via");
        expect(via).toMatch(
          /^1\.0 fred \(a, b\), 1\.1 llmproxy-[\da-z]{10}-\d, 1\.1 llmproxy-[\da-z]{10}-4$/,
        );
      }
    },
  },
];

contract("loops", setup, rows);
