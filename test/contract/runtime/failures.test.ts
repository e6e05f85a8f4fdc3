import { expect } from "vitest";
import { hang, ok, raw, rawThenFin, rawThenHang, rawThenReset } from "../../support/behaviours.ts";
import { hasOpenssl, makeCertificates } from "../../support/certificates.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import { type Behaviour, type FaultUpstream, startUpstream } from "../../support/fault-upstream.ts";
import { type FullBacklog, startFullBacklog } from "../../support/full-backlog.ts";
import type { RunningProxy } from "../../support/programs.ts";
import type { Answer } from "../../support/raw-answer.ts";
import { request } from "../../support/raw-request.ts";
import { now } from "../../support/wait.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
  readonly cold: FullBacklog;
  readonly warm: FullBacklog;
}

async function setup({ upstream, start, scope }: Kit): Promise<Fixture> {
  const up = await upstream();
  const closed = await startUpstream();
  await closed.close();
  const selfMade = hasOpenssl() ? await upstream({ tls: makeCertificates() }) : undefined;
  const cold = await startFullBacklog();
  const warm = await startFullBacklog();
  scope.defer(() => cold.close());
  scope.defer(() => warm.close());
  const urls: Readonly<Record<string, string>> = {
    up: up.url,
    refused: closed.url,
    dns: "http://name.invalid",
    plain: `https://127.0.0.1:${up.port}`,
    untrusted: selfMade?.url ?? up.url,
    cold: `http://127.0.0.1:${cold.port}`,
    warm: `http://127.0.0.1:${warm.port}`,
  };
  const names = Object.keys(urls);
  const yaml = `
http_server:
  forwards:
${names.map((name) => `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${name}-group}`).join("\n")}
    - {name: moves, port: 0, address: 127.0.0.1, upstream_group: moves}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
${names.map((name) => `  - {name: ${name}, url: "${urls[name]}", headers: [{op: insert, key: x-key, value: sk-secret}]}`).join("\n")}
upstream_groups:
${names
  .map(
    (name) =>
      `  - {name: ${name}-group, upstreams: [{name: ${name}}], http_client: {timeout: {connect: 1, request: 1}}}`,
  )
  .join("\n")}
  - {name: moves, upstreams: [{name: cold}, {name: up}], balance: {strategy: failover}, http_client: {timeout: {connect: 1, request: 5}}}
`;
  return { up, proxy: await start(yaml), cold, warm };
}

/** An answer of the proxy's own, whole and in OpenAI's shape. */
function expectError(answer: Answer, status: number, code: string): { message: string; type: string } {
  expect(answer.header("x-llmproxy-error")).toBe(code);
  expect(answer.status).toBe(status);
  expect(answer.end).toBe("complete");
  expect(answer.header("content-type")).toBe("application/json");
  const body = answer.json() as { error: { message: string; type: string; code: string; param: null } };
  expect(Object.keys(body)).toEqual(["error"]);
  expect(Object.keys(body.error).sort()).toEqual(["code", "message", "param", "type"]);
  expect([body.error.code, body.error.param]).toEqual([code, null]);
  return body.error;
}

const unreachable = (["refused", "dns", "plain", "untrusted"] as const).map(
  (name): Row<Fixture & Kit> => ({
    name: {
      refused: "a refused connection is 502 upstream_unreachable",
      dns: "a name that can't be resolved is 502 upstream_unreachable",
      plain: "https to a port that speaks no TLS is 502 upstream_unreachable",
      untrusted: "a certificate that nobody vouches for is 502 upstream_unreachable",
    }[name],
    skipHere: name === "untrusted" && !hasOpenssl() && "openssl is not there",
    async run({ proxy }) {
      const answer = await request(proxy.port(name), uniquePath(), { body: "{}" });
      const { message } = expectError(answer, 502, "upstream_unreachable");
      expect(message).toContain(name);
      expect(message).toContain(`${name}-group`);
      expect(answer.text()).not.toMatch(/sk-secret|\bat .*:\d+:\d+/);
      const kind = name === "plain" || name === "untrusted" ? "tls" : name;
      const line = await proxy.logged((candidate) => candidate["forward"] === name);
      expect([line["status"], line["reason"]]).toEqual([502, kind]);
    },
  }),
);

const broken: readonly (readonly [name: string, behaviour: Behaviour, status: number, code: string])[] = [
  ["a reset before the head", rawThenReset(), 502, "upstream_reset"],
  ["a close before the head", rawThenFin(""), 502, "upstream_reset"],
  ["a close inside the head", rawThenFin("HTTP/1.1 200 OK\r\ncontent-ty"), 502, "upstream_reset"],
  ["a reset inside the head", rawThenReset("HTTP/1.1 200 OK\r\ncontent-ty"), 502, "upstream_reset"],
  ["bytes that are not HTTP", raw("SSH-2.0-OpenSSH_9.6\r\n\r\n"), 502, "upstream_bad_response"],
  [
    "a status that is no number",
    raw("HTTP/1.1 abc OK\r\ncontent-length: 0\r\n\r\n"),
    502,
    "upstream_bad_response",
  ],
  [
    "a length that is no number",
    raw("HTTP/1.1 200 OK\r\ncontent-length: abc\r\n\r\nhello"),
    502,
    "upstream_bad_response",
  ],
  [
    "two lengths that differ",
    raw("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!"),
    502,
    "upstream_bad_response",
  ],
  [
    "a length beside chunks",
    raw("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    502,
    "upstream_bad_response",
  ],
  ["silence before the head", hang, 504, "upstream_timeout"],
  ["silence inside the head", rawThenHang("HTTP/1.1 200 OK\r\ncontent-ty"), 504, "upstream_timeout"],
];

const rows: readonly Row<Fixture & Kit>[] = [
  ...unreachable,
  ...broken.map(
    ([name, behaviour, status, code]): Row<Fixture & Kit> => ({
      name: `${name} is ${status} ${code}`,
      async run({ up, proxy }) {
        const path = uniquePath();
        up.on(path, behaviour);
        const started = now();
        const answer = await request(proxy.port("up"), path, { body: "{}" });
        const took = now() - started;
        expectError(answer, status, code);
        expect(up.requests(path)).toHaveLength(1);
        if (status === 504) expect(took).toBeGreaterThan(900);
        expect(took).toBeLessThan(3_000);
      },
    }),
  ),
  {
    name: "the request timeout begins with the last byte of the request",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, ok());
      const client = await connect(proxy.port("up"));
      const answer = client.next();
      const size = 9 * 1024 * 1024;
      await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${size + 8}\r\n\r\n`);
      await client.send(Buffer.alloc(size));
      for (let i = 0; i < 8; i += 1) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        await client.send("x");
      }
      expect((await answer.end()).status).toBe(200);
    },
  },
  {
    name: "a request that moves on after a connect that got no answer is not delivered when the listener wakes",
    async run({ up, proxy, cold }) {
      await cold.block();
      const path = uniquePath();
      up.on(path, ok());
      const started = now();
      const answer = await request(proxy.port("moves"), path, { body: "{}" });
      expect([
        answer.status,
        answer.header("x-llmproxy-upstream"),
        answer.header("x-llmproxy-attempts"),
      ]).toEqual([200, "up", "2"]);
      expect(now() - started).toBeLessThan(3_000);
      expect(await cold.wake()).toEqual([]);
    },
  },
  {
    name: "a connect to a cold upstream whose backlog is full is 504 after timeout.connect",
    async run({ proxy, cold }) {
      await cold.block();
      const started = now();
      const answer = await request(proxy.port("cold"), uniquePath(), { body: "{}" });
      const took = now() - started;
      expectError(answer, 504, "upstream_timeout");
      expect(took).toBeGreaterThan(900);
      expect(took).toBeLessThan(2_500);
    },
  },
  {
    name: "a connect to a warm upstream whose backlog is full is 504 too",
    async run({ proxy, warm }) {
      expect((await request(proxy.port("warm"), uniquePath(), { body: "{}" })).status).toBe(200);
      await warm.block();
      const started = now();
      const answer = await request(proxy.port("warm"), uniquePath(), { body: "{}" });
      expectError(answer, 504, "upstream_timeout");
      expect(now() - started).toBeLessThan(3_500);
    },
  },
  {
    name: "every failure is counted under its name",
    async run({ proxy }) {
      const metrics = (await request(proxy.adminPort, "/metrics")).text();
      for (const [name, error] of [
        ["refused", "refused"],
        ["dns", "dns"],
        ["plain", "tls"],
        ["up", "reset"],
        ["up", "bad_response"],
        ["up", "request_timeout"],
        ["cold", "connect_timeout"],
      ] as const) {
        const line = `^llmproxy_upstream_errors_total\\{(?=[^}]*error="${error}")(?=[^}]*group="${name}-group")(?=[^}]*upstream="${name}")[^}]*\\} [1-9]`;
        expect(metrics).toMatch(new RegExp(line, "m"));
      }
    },
  },
];

contract("upstreams that fail", setup, rows);
