/** Hosts of several addresses of which some don't answer: `timeout.connect` is for all of them (RFC 8305). */

import { connect } from "node:net";
import { expect } from "vitest";
import { samplesOf } from "../../conformance/samples.ts";
import { ok } from "../../support/behaviours.ts";
import { hasOpenssl, makeCertificates } from "../../support/certificates.ts";
import { type ConnectProxy, startConnectProxy } from "../../support/connect-proxy.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import { type FullBacklog, startFullBacklog } from "../../support/full-backlog.ts";
import { hasOwnHosts } from "../../support/own-hosts.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";
import { now } from "../../support/wait.ts";

/** The upstream's address, which no resolver puts before {@link DEAD}. */
const HOST = "127.0.0.3";
/** An address on which no connect is answered. */
const DEAD = "127.0.0.2";

/** Which addresses a name has. The resolvers of the runtimes don't agree on the order of two of one family. */
const HOSTS = `
::1 dual.test
${HOST} dual.test
${DEAD} second.test
${HOST} second.test
${HOST} first.test
${DEAD} first.test
${DEAD} half.test
127.0.0.4 half.test
127.0.0.4 refused.test
127.0.0.5 refused.test
::1 localhost
127.0.0.1 localhost
`;

interface Fixture {
  readonly up: FaultUpstream;
  readonly secure: FaultUpstream;
  readonly slow: FullBacklog;
  readonly outbound: ConnectProxy;
  readonly proxy: RunningProxy;
}

/** Listeners on other addresses at the same port that take no connection. */
async function addDead(port: number, hosts: readonly string[], { scope }: Kit): Promise<void> {
  for (const host of hosts) {
    const dead = await startFullBacklog({ host, port });
    scope.defer(() => dead.close());
    await dead.block();
  }
}

async function setup(kit: Kit): Promise<Fixture> {
  const { upstream, start, scope } = kit;
  const certificates = hasOpenssl() ? makeCertificates() : undefined;
  const up = await upstream({ host: HOST });
  up.on("/healthz", ok());
  const secure = await upstream(certificates && { tls: certificates });
  const slow = await startFullBacklog({ host: HOST });
  const outbound = await startConnectProxy("ann:secret", HOST);
  for (const one of [slow, outbound]) scope.defer(() => one.close());
  await addDead(up.port, ["::1", DEAD], kit);
  await addDead(secure.port, ["::1"], kit);
  await addDead(outbound.port, [DEAD], kit);
  await addDead(slow.port, ["::1"], kit);
  await slow.block();
  const plain = (host: string): string => `http://${host}:${up.port}`;
  const check = "health_check: {path: /healthz, interval: 1, timeout: 5, healthy: 1, unhealthy: 1}";
  const via = (host: string): string => `, proxy: {url: "http://ann:secret@${host}:${outbound.port}"}`;
  /** URL, more of the upstream, seconds for connecting, more of the client. */
  const pools: Readonly<
    Record<string, readonly [url: string, upstream: string, connect: number, client: string]>
  > = {
    dual: [plain("dual.test"), "", 10, ""],
    slow: [`http://dual.test:${slow.port}`, "", 10, ""],
    second: [plain("second.test"), "", 1, ""],
    first: [plain("first.test"), "", 1, ""],
    half: [plain("half.test"), "", 1, ""],
    refused: [plain("refused.test"), "", 10, ""],
    checked: [plain("second.test"), `, ${check}`, 10, ""],
    secure: [`https://localhost:${secure.port}`, certificates ? ", tls: {ca: ca.crt}" : "", 10, ""],
    via: [up.url, "", 10, via("second.test")],
    "via-too": [up.url, "", 10, via("first.test")],
  };
  const all = Object.entries(pools);
  const yaml = `
http_server:
  forwards:
${all.map(([name]) => `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${name}}`).join("\n")}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
${all.map(([name, [url, more]]) => `  - {name: ${name}, url: "${url}"${more}}`).join("\n")}
upstream_groups:
${all.map(([name, [, , seconds, more]]) => `  - {name: ${name}, upstreams: [{name: ${name}}], http_client: {timeout: {connect: ${seconds}}${more}}}`).join("\n")}
`;
  const files = { hosts: HOSTS, "ca.crt": certificates?.ca ?? "" };
  return { up, secure, slow, outbound, proxy: await start(yaml, { files, hosts: "hosts" }) };
}

const noHosts = !hasOwnHosts() && "this machine gives a process no hosts file of its own";

const hasIpv6 = await new Promise<boolean>((resolve) => {
  const socket = connect({ host: "::1", port: 1 });
  socket.on("error", (error: Error & { code?: string }) => resolve(error.code === "ECONNREFUSED"));
  socket.on("connect", () => resolve(true));
});
const noIpv6 = noHosts || (!hasIpv6 && "this machine has no IPv6");

async function answers(pool: string, { up, proxy }: Fixture): Promise<void> {
  const path = uniquePath();
  up.on(path, ok());
  const answer = await request(proxy.port(pool), path, { body: "{}" });
  expect([answer.status, answer.header("x-llmproxy-attempts")]).toEqual([200, "1"]);
  expect(up.requests(path)).toHaveLength(1);
}

const reachable: readonly (readonly [pool: string, name: string, skipHere?: string | false])[] = [
  ["dual", "a host whose IPv6 address gives no answer is reached by IPv4", noIpv6],
  ["second", "a host whose first address gives no answer is reached by its second"],
  ["first", "a host whose second address gives no answer is reached by its first"],
  ["via", "an outbound proxy whose first address gives no answer is reached by its second"],
  ["via-too", "an outbound proxy whose second address gives no answer is reached by its first"],
];

const rows: readonly Row<Fixture & Kit>[] = [
  ...reachable.map(
    ([pool, name, skipHere = noHosts]): Row<Fixture & Kit> => ({
      name,
      skipHere,
      run: (fixture) => answers(pool, fixture),
    }),
  ),
  {
    name: "an address that needs a second to connect has that second, though another address gives no answer",
    skipHere: noIpv6,
    async run({ slow, proxy }) {
      await slow.block();
      const answer = request(proxy.port("slow"), uniquePath(), { body: "{}" });
      // The second SYN of a connect comes a second after the first one.
      await new Promise((resolve) => setTimeout(resolve, 600));
      await slow.wake();
      expect((await answer).status).toBe(200);
    },
  },
  {
    name: "over TLS the certificate is the name's, whichever address connects",
    skipHere: noIpv6 || (!hasOpenssl() && "openssl is not there"),
    async run({ secure, proxy }) {
      const path = uniquePath();
      secure.on(path, ok());
      expect((await request(proxy.port("secure"), path, { body: "{}" })).status).toBe(200);
    },
  },
  {
    name: "a host of which all addresses refuse is refused at once",
    skipHere: noHosts,
    async run({ proxy }) {
      const started = now();
      const answer = await request(proxy.port("refused"), uniquePath(), { body: "{}" });
      expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([502, "upstream_unreachable"]);
      expect(now() - started).toBeLessThan(2_000);
      const line = await proxy.logged((candidate) => candidate["forward"] === "refused");
      expect(line["reason"]).toBe("refused");
    },
  },
  {
    name: "a host of which one address refuses and one gives no answer is a connect timeout when the time is over",
    skipHere: noHosts,
    async run({ proxy }) {
      const started = now();
      const answer = await request(proxy.port("half"), uniquePath(), { body: "{}" });
      const took = now() - started;
      expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([504, "upstream_timeout"]);
      expect(took).toBeGreaterThan(900);
      expect(took).toBeLessThan(2_500);
      const line = await proxy.logged((candidate) => candidate["forward"] === "half");
      expect(line["reason"]).toBe("connect_timeout");
    },
  },
  {
    name: "a health check reaches a host whose first address gives no answer",
    skipHere: noHosts,
    async run({ up, proxy }) {
      await up.request("/healthz", 2);
      const state = (await samplesOf(proxy)).labels(
        "llmproxy_upstream_state",
        { upstream: "checked" },
        "state",
      );
      expect(state).toEqual(["up"]);
    },
  },
];

contract("hosts of several addresses", setup, rows);
