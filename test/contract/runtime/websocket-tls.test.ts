import { expect } from "vitest";
import { hasOpenssl, makeCertificates } from "../../support/certificates.ts";
import { type ConnectProxy, startConnectProxy } from "../../support/connect-proxy.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { openSocket, type Refused, type SocketClient, tryToOpen } from "../../support/socket-client.ts";
import { type SocketUpstream, startSocketUpstream } from "../../support/socket-upstream.ts";

interface Fixture {
  readonly plain: SocketUpstream;
  readonly secure: SocketUpstream;
  readonly outbound: ConnectProxy;
  readonly proxy: RunningProxy;
  readonly ca: string;
}

async function setup({ start, scope }: Kit): Promise<Fixture> {
  const certificates = makeCertificates();
  const plain = await startSocketUpstream();
  const secure = await startSocketUpstream({ tls: certificates });
  const outbound = await startConnectProxy("ann:pass");
  for (const one of [plain, secure, outbound]) scope.defer(() => one.close());
  const via = `proxy: {enabled: true, url: "http://ann:pass@127.0.0.1:${outbound.port}"}`;
  const groups: readonly (readonly [name: string, upstream: string, client: string])[] = [
    ["plain", "plain", ""],
    ["trusted", "trusted", ""],
    ["stranger", "stranger", ""],
    ["tunnel", "trusted", via],
    ["plain-tunnel", "plain", via],
  ];
  const forward = (name: string): string =>
    `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${name}}`;
  const yaml = `
http_server:
  forwards:
${groups.map(([name]) => forward(name)).join("\n")}
    - {name: secure, port: 0, address: 127.0.0.1, upstream_group: plain, tls: {cert: a.crt, key: a.key}}
upstreams:
  - {name: plain, url: "${plain.url}"}
  - {name: trusted, url: "${secure.url}", tls: {ca: ca.crt}}
  - {name: stranger, url: "${secure.url}"}
upstream_groups:
${groups.map(([name, member, client]) => `  - {name: ${name}, upstreams: [{name: ${member}}], http_client: {${client}}}`).join("\n")}
`;
  const { ca, cert, key } = certificates;
  const proxy = await start(yaml, { files: { "ca.crt": ca, "a.crt": cert, "a.key": key } });
  return { plain, secure, outbound, proxy, ca };
}

async function expectEcho(client: SocketClient): Promise<void> {
  client.socket.send("hello");
  expect(String((await client.next()).data)).toBe("hello");
  client.socket.close(1000);
  expect((await client.closed()).code).toBe(1000);
}

const skipHere = !hasOpenssl() && "openssl is not there";

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a client comes by wss:",
    skipHere,
    async run({ plain, proxy, ca }) {
      const path = uniquePath();
      await expectEcho(await openSocket(`wss://localhost:${proxy.port("secure")}${path}`, { ca }));
      expect((await plain.socket(path)).request.headers["x-forwarded-proto"]).toBe("https");
      expect((await plain.closed(path)).code).toBe(1000);
    },
  },
  {
    name: "a private CA vouches for its upstream, and nobody for a stranger",
    skipHere,
    async run({ proxy }) {
      await expectEcho(await openSocket(`ws://127.0.0.1:${proxy.port("trusted")}${uniquePath()}`));
      const refused = (await tryToOpen(`ws://127.0.0.1:${proxy.port("stranger")}${uniquePath()}`)) as Refused;
      expect([refused.status, refused.headers["x-llmproxy-error"]]).toEqual([502, "upstream_unreachable"]);
    },
  },
  {
    name: "an outbound proxy is used, by CONNECT where the upstream has TLS",
    skipHere,
    async run({ proxy, outbound, secure, plain }) {
      const path = uniquePath();
      await expectEcho(await openSocket(`ws://127.0.0.1:${proxy.port("tunnel")}${path}`));
      expect(outbound.asked.map(({ line }) => line)).toContain(`CONNECT 127.0.0.1:${secure.port}`);
      await expectEcho(await openSocket(`ws://127.0.0.1:${proxy.port("plain-tunnel")}${path}`));
      expect(outbound.asked.some(({ line }) => line.includes(`127.0.0.1:${plain.port}`))).toBe(true);
    },
  },
];

contract("WebSockets over TLS and proxies", setup, rows);
