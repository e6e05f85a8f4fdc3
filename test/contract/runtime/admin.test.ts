import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
  readonly guarded: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const config = simpleConfig({
    upstreams: [
      ["first", up.url],
      ["second", up.url],
    ],
  });
  const [proxy, guarded] = await Promise.all([
    start(config),
    start(config.replace("admin: {", "admin: {auth: {token: from-file}, "), {
      env: { LLMPROXY_ADMIN_AUTH_TOKEN: "from-env" },
    }),
  ]);
  return { up, proxy, guarded };
}

function hasPromtool(): boolean {
  return spawnSync("promtool", ["--version"], { stdio: "ignore" }).status === 0;
}

/** Name and type of every metric that is promised. */
const METRICS: readonly (readonly [name: string, type: string])[] = [
  ["llmproxy_upstream_requests_total", "counter"],
  ["llmproxy_upstream_duration_seconds", "histogram"],
  ["llmproxy_upstream_errors_total", "counter"],
  ["llmproxy_http_requests_total", "counter"],
  ["llmproxy_http_request_duration_seconds", "histogram"],
  ["llmproxy_http_request_errors_total", "counter"],
  ["llmproxy_ratelimit_total", "counter"],
  ["llmproxy_circuitbreaker_state_changes_total", "counter"],
  ["llmproxy_circuitbreaker_calls_total", "counter"],
  ["llmproxy_route_matches_total", "counter"],
  ["llmproxy_retries_total", "counter"],
  ["llmproxy_in_flight_requests", "gauge"],
  ["llmproxy_upstream_state", "gauge"],
  ["llmproxy_time_to_first_byte_seconds", "histogram"],
  ["llmproxy_time_to_first_token_seconds", "histogram"],
  ["llmproxy_build_info", "gauge"],
  ["process_resident_memory_bytes", "gauge"],
  ["process_cpu_seconds_total", "counter"],
];

const bearer = (token: string) => ({ headers: [["Authorization", `Bearer ${token}`]] as const });

const rows: readonly Row<Fixture & Kit>[] = [
  ...["/health", "/ready"].map(
    (path): Row<Fixture & Kit> => ({
      name: `${path} is 200 without a token`,
      async run({ proxy, guarded }) {
        for (const { adminPort } of [proxy, guarded])
          expect((await request(adminPort, path)).status).toBe(200);
      },
    }),
  ),
  {
    name: "/health/upstreams shows every group and upstream as JSON",
    async run({ proxy }) {
      const answer = await request(proxy.adminPort, "/health/upstreams");
      expect([answer.status, answer.header("content-type")?.split(";")[0]]).toEqual([
        200,
        "application/json",
      ]);
      for (const name of ["pool", "first", "second"]) expect(answer.text()).toContain(`"${name}"`);
    },
  },
  {
    name: "what is guarded wants the environment's token",
    async run({ guarded }) {
      const path = "/health/upstreams";
      expect((await request(guarded.adminPort, path)).status).toBe(401);
      expect((await request(guarded.adminPort, path, bearer("from-file"))).status).toBe(401);
      expect((await request(guarded.adminPort, path, bearer("from-env"))).status).toBe(200);
      expect((await request(guarded.adminPort, "/metrics")).status).toBe(200);
      expect(guarded.stdout).not.toMatch(/from-env|from-file/);
    },
  },
  {
    name: "an unknown path is 404 and forwards do not serve the admin's",
    async run({ proxy }) {
      expect((await request(proxy.adminPort, "/nothing")).status).toBe(404);
      expect((await request(proxy.port("main"), "/metrics")).header("x-llmproxy-upstream")).toBe("first");
    },
  },
  {
    name: "/metrics has every promised metric under its type, in text format 0.0.4",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      await request(proxy.port("main"), path);
      const answer = await request(proxy.adminPort, "/metrics");
      expect(answer.header("content-type")).toMatch(/^text\/plain;.*version=0\.0\.4/);
      const types = METRICS.map(([name]) => [
        name,
        new RegExp(`^# TYPE ${name} (\\w+)$`, "m").exec(answer.text())?.[1],
      ]);
      expect(types).toEqual(METRICS);
    },
  },
  {
    name: "/metrics passes promtool check metrics",
    skipHere: !hasPromtool() && "promtool is not there",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      await request(proxy.port("main"), path, { body: "{}" });
      await request(proxy.port("main"), uniquePath());
      const text = (await request(proxy.adminPort, "/metrics")).text();
      const checked = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
      expect([checked.stdout + checked.stderr, checked.status]).toEqual(["", 0]);
    },
  },
  {
    name: "requests, attempts and durations are counted once each under bounded labels",
    async run({ up, proxy }) {
      up.otherwise(ok());
      for (const id of ["file-abc123DEF456ghi789", "file-zzz123DEF456ghi000"])
        await request(proxy.port("main"), `/v1/files/${id}?key=secret`);
      const text = (await request(proxy.adminPort, "/metrics")).text();
      expect(text).toMatch(
        /^llmproxy_http_requests_total\{(?=[^}]*forward="main")(?=[^}]*method="GET")(?=[^}]*path="\/v1\/files\/:id")[^}]*\} 2$/m,
      );
      expect(text).toMatch(
        /^llmproxy_http_request_duration_seconds_count\{(?=[^}]*path="\/v1\/files\/:id")[^}]*\} 2$/m,
      );
      expect(text).not.toMatch(/secret|zzz123/);
    },
  },
  {
    name: "methods that nobody knows are counted as other",
    async run({ up, proxy }) {
      up.otherwise(ok());
      await request(proxy.port("main"), uniquePath(), { method: "PROPFIND" });
      const text = (await request(proxy.adminPort, "/metrics")).text();
      expect(text).not.toContain("PROPFIND");
      expect(text).toMatch(/^llmproxy_http_requests_total\{(?=[^}]*method="other")[^}]*\} [1-9]/m);
    },
  },
  {
    name: "build info names runtime and version",
    async run({ proxy, program }) {
      const text = (await request(proxy.adminPort, "/metrics")).text();
      const runtime = program === "binary" ? "bun" : program;
      expect(text).toMatch(
        new RegExp(
          `^llmproxy_build_info\\{(?=[^}]*runtime="${runtime}")(?=[^}]*version="[^"]+")[^}]*\\} 1$`,
          "m",
        ),
      );
    },
  },
  {
    name: "the access log has one line a request, without query, keys and bodies",
    async run({ up, proxy }) {
      const path = uniquePath("/v1/chat/completions");
      up.on(path, ok({ answer: "top-secret-answer" }));
      const headers = [
        ["Authorization", "Bearer sk-client-secret"],
        ["x-request-id", "log-me"],
      ] as const;
      await request(proxy.port("main"), `${path}?key=sk-query-secret`, {
        body: '{"q":"top-secret-question"}',
        headers,
      });
      const line = await proxy.logged((candidate) => candidate["path"] === path);
      expect(line).toMatchObject({
        id: "log-me",
        forward: "main",
        method: "POST",
        path,
        status: 200,
        group: "pool",
        upstream: "first",
        attempts: 1,
      });
      expect(line["ms"]).toBeTypeOf("number");
      expect(proxy.log.filter((candidate) => candidate["path"] === path)).toHaveLength(1);
      expect(proxy.stdout).not.toMatch(/secret/);
    },
  },
  {
    name: "each program says its runtime and version at start, and warns of nothing on loopback",
    async run({ proxy, program }) {
      const runtime = program === "binary" ? "bun" : program;
      expect(
        proxy.log.some(
          (line) => line["runtime"] === runtime || JSON.stringify(line).toLowerCase().includes(runtime),
        ),
      ).toBe(true);
    },
  },
];

contract("the admin port, metrics and the log", setup, rows);
