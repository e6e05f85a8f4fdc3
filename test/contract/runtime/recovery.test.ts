/** How upstreams go and come back: health checks, circuit breaker, and what the answer and the operator are told. */

import { expect } from "vitest";
import { samplesOf } from "../../conformance/samples.ts";
import { failing, ok } from "../../support/behaviours.ts";
import { hasOpenssl, makeCertificates } from "../../support/certificates.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";
import { eventually } from "../../support/wait.ts";

interface Fixture {
  readonly a: FaultUpstream;
  readonly b: FaultUpstream;
  readonly secure: FaultUpstream | undefined;
  readonly proxy: RunningProxy;
}

const CHECK = "interval: 1, timeout: 1, healthy: 2, unhealthy: 2";

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const a = await upstream({ keepAlive: false });
  const b = await upstream({ keepAlive: false });
  const certificates = hasOpenssl() ? makeCertificates() : undefined;
  const secure = certificates && (await upstream({ tls: certificates }));
  const yaml = `
http_server:
  forwards:
    - {name: checked, port: 0, address: 127.0.0.1, upstream_group: checked}
    - {name: broken, port: 0, address: 127.0.0.1, upstream_group: broken}
    - {name: traced, port: 0, address: 127.0.0.1, upstream_group: traced}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
  - name: checked
    url: "${a.url}/v1?version=7"
    auth: {type: bearer, token: sk-own}
    headers: [{op: insert, key: x-org, value: acme}]
    health_check: {path: /healthz, ${CHECK}}
  - {name: spare, url: "${b.url}"}
  - {name: broken, url: "${a.url}", breaker: {cooldown: 1}}
  - {name: plain, url: "${a.url}"}
${secure === undefined ? "" : `  - {name: secure, url: "${secure.url}", tls: {ca: ca.pem}, health_check: {path: /healthz, ${CHECK}}}`}
upstream_groups:
  - {name: checked, upstreams: [{name: checked}, {name: spare}], balance: {strategy: failover}}
  - {name: broken, upstreams: [{name: broken}]}
  - {name: traced, upstreams: [{name: plain}, {name: spare}], http_client: {retry: {attempts: 2}}}
${secure === undefined ? "" : "  - {name: secure, upstreams: [{name: secure}]}"}
`;
  a.on("/healthz", ok());
  secure?.on("/healthz", ok());
  const files = certificates === undefined ? {} : { "ca.pem": certificates.ca };
  return { a, b, secure, proxy: await start(yaml, { files, args: ["--debug"] }) };
}

interface Health {
  readonly groups: readonly {
    readonly name: string;
    readonly available: boolean;
    readonly upstreams: readonly { readonly name: string; readonly state: string }[];
  }[];
}

async function stateOf(proxy: RunningProxy, upstream: string): Promise<string | undefined> {
  const health = (await (
    await fetch(`http://127.0.0.1:${proxy.adminPort}/health/upstreams`)
  ).json()) as Health;
  return health.groups.flatMap(({ upstreams }) => upstreams).find(({ name }) => name === upstream)?.state;
}

const shown = async (proxy: RunningProxy, upstream: string): Promise<readonly string[]> =>
  (await samplesOf(proxy)).labels("llmproxy_upstream_state", { upstream }, "state");

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a check asks its path of the host, with the upstream's own auth and header rules",
    async run({ a }) {
      const check = await a.request("/healthz");
      expect([check.method, check.target]).toEqual(["GET", "/healthz"]);
      expect(check.header("authorization")).toBe("Bearer sk-own");
      expect(check.header("x-org")).toBe("acme");
      expect(check.header("user-agent")).toBe("LLMProxy/1.0");
    },
  },
  {
    name: "a check trusts the upstream's own CA",
    skipHere: !hasOpenssl() && "no openssl",
    async run({ secure, proxy }) {
      await secure?.request("/healthz", 3);
      expect(await stateOf(proxy, "secure")).toBe("up");
    },
  },
  {
    name: "an upstream that fails its checks gets no request until it passes them again",
    async run({ a, b, proxy }) {
      const path = uniquePath();
      a.on(`/v1${path}`, ok("a"));
      b.on(path, ok("b"));
      const ask = async () => (await request(proxy.port("checked"), path)).header("x-llmproxy-upstream");
      expect(await ask()).toBe("checked");
      a.on("/healthz", failing(503));
      await eventually(async () => (await stateOf(proxy, "checked")) === "down", 8_000, "it is down");
      expect(await ask()).toBe("spare");
      expect(await shown(proxy, "checked")).toEqual(["down"]);
      await proxy.logged(({ msg, check }) => msg === "upstream is down" && check === "status_503");
      a.on("/healthz", ok());
      await eventually(async () => (await stateOf(proxy, "checked")) === "up", 8_000, "it is up");
      expect(await ask()).toBe("checked");
    },
  },
  {
    name: "a breaker opens, lets one request try, and closes",
    async run({ a, proxy }) {
      const bad = uniquePath();
      const good = uniquePath();
      a.on(bad, failing(500));
      a.on(good, ok());
      const ask = (path: string) => request(proxy.port("broken"), path, { body: "{}" });
      for (let i = 0; i < 5; i += 1) expect((await ask(bad)).status).toBe(500);
      const refused = await ask(good);
      expect([refused.status, refused.header("x-llmproxy-error")]).toEqual([503, "no_upstream_available"]);
      expect(Number(refused.header("retry-after"))).toBe(1);
      expect(await shown(proxy, "broken")).toEqual(["open"]);
      await eventually(async () => (await ask(good)).status === 200, 3_000, "it is tried again");
      expect(await shown(proxy, "broken")).toEqual(["up"]);
      const samples = await samplesOf(proxy);
      const changes = (from: string, to: string): number =>
        samples.sum("llmproxy_circuitbreaker_state_changes_total", { upstream: "broken", from, to });
      expect([
        changes("closed", "open"),
        changes("open", "half_open"),
        changes("half_open", "closed"),
      ]).toEqual([1, 1, 1]);
      expect(samples.labels("llmproxy_circuitbreaker_calls_total", { upstream: "broken" }, "result")).toEqual(
        ["failure", "rejected", "success"],
      );
    },
  },
  {
    name: "a hundred requests at once make one probe",
    async run({ a, proxy }) {
      const bad = uniquePath();
      const probe = uniquePath();
      a.on(bad, failing(500));
      a.on(probe, async (exchange) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        exchange.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      });
      for (let i = 0; i < 6; i += 1) await request(proxy.port("broken"), bad, { body: "{}" });
      await new Promise((resolve) => setTimeout(resolve, 1_050));
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => request(proxy.port("broken"), probe, { body: "{}" })),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(a.requests(probe)).toHaveLength(1);
    },
  },
  {
    name: "with --debug an answer and its log line tell of every attempt",
    async run({ a, b, proxy }) {
      const path = uniquePath("/v1/chat/completions");
      a.on(path, failing(502));
      b.on(path, ok());
      const answer = await request(proxy.port("traced"), path, {
        body: "{}",
        headers: [["x-request-id", "traced-1"]],
      });
      const trace = /^"plain";outcome=status_502;ms=\d+, "spare";outcome=status_200;ms=\d+$/;
      expect(answer.header("x-llmproxy-trace")).toMatch(trace);
      const line = await proxy.logged(({ id }) => id === "traced-1");
      expect(line["trace"]).toMatch(trace);
      expect(line).toMatchObject({ attempts: 2, upstream: "spare", reason: "status_502" });
    },
  },
];

contract("upstreams that go and come back", setup, rows);
