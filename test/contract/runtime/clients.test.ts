import { expect } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import type { Answer } from "../../support/raw-answer.ts";
import { request } from "../../support/raw-request.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const yaml = `
http_server:
  forwards:
    - {name: main, port: 0, address: 127.0.0.1, upstream_group: pool}
    - {name: limited, port: 0, address: 0.0.0.0, upstream_group: pool, ratelimit: {per_second: 1, burst: 2}}
    - {name: trusting, port: 0, address: 0.0.0.0, upstream_group: pool, trusted_proxies: [127.0.0.1, 10.0.0.0/8]}
    - name: trusting-limited
      port: 0
      address: 127.0.0.1
      upstream_group: pool
      trusted_proxies: [127.0.0.1]
      ratelimit: {per_second: 1, burst: 1}
  admin: {port: 0, address: 127.0.0.1}
upstreams: [{name: only, url: "${up.url}"}]
upstream_groups: [{name: pool, upstreams: [{name: only}]}]
`;
  return { up, proxy: await start(yaml) };
}

function expectError(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.header("x-llmproxy-error"), answer.end]).toEqual([status, code, "complete"]);
  expect((answer.json() as { error: { code: string } }).error.code).toBe(code);
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "over the rate a client gets 429 with Retry-After, another address does not",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const port = proxy.port("limited");
      const first = await Promise.all([1, 2, 3].map(() => request(port, path)));
      const refused = first.filter(({ status }) => status === 429);
      expect(first.filter(({ status }) => status === 200)).toHaveLength(2);
      expect(refused).toHaveLength(1);
      for (const answer of refused) {
        expectError(answer, 429, "rate_limited");
        expect(answer.header("retry-after")).toBe("1");
      }
      expect((await request(port, path, { from: "127.0.0.2" })).status).toBe(200);
      const metrics = (await request(proxy.adminPort, "/metrics")).text();
      expect(metrics).toMatch(/^llmproxy_ratelimit_total\{forward="limited"\} 1$/m);
      expect(metrics).toMatch(
        /^llmproxy_http_request_errors_total\{(?=[^}]*forward="limited")(?=[^}]*error="rate_limited")(?=[^}]*status="429")[^}]*\} 1$/m,
      );
    },
  },
  {
    name: "a trusted proxy's X-Forwarded-* are appended to and kept",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const headers = [
        ["X-Forwarded-For", "203.0.113.9, 10.1.2.3"],
        ["X-Forwarded-Proto", "https"],
        ["X-Forwarded-Host", "api.test"],
      ] as const;
      await request(proxy.port("trusting"), path, { headers });
      const trusted = await up.request(path, 1);
      expect(trusted.all("x-forwarded-for").join()).toBe("203.0.113.9, 10.1.2.3, 127.0.0.1");
      expect([trusted.header("x-forwarded-proto"), trusted.header("x-forwarded-host")]).toEqual([
        "https",
        "api.test",
      ]);
      await request(proxy.port("trusting"), path, { headers, from: "127.0.0.3" });
      expect((await up.request(path, 2)).all("x-forwarded-for")).toEqual(["127.0.0.3"]);
    },
  },
  {
    name: "behind a trusted proxy the limit goes by the right-most address that is not trusted",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const from = async (forwarded: string): Promise<number> =>
        (await request(proxy.port("trusting-limited"), path, { headers: [["x-forwarded-for", forwarded]] }))
          .status;
      expect(await from("198.51.100.1, 203.0.113.1")).toBe(200);
      expect(await from("198.51.100.2, 203.0.113.1, 127.0.0.1")).toBe(429);
      expect(await from("203.0.113.2")).toBe(200);
    },
  },
];

contract("who the client is, and how much it may ask", setup, rows);
