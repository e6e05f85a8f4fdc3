import { expect } from "vitest";
import { delta, echo, ok } from "../../support/behaviours.ts";
import { hasOpenssl, makeCertificates } from "../../support/certificates.ts";
import { type ConnectProxy, startConnectProxy } from "../../support/connect-proxy.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import { type FaultUpstream, startUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { chunkBytes, request, requestBytes } from "../../support/raw-request.ts";
import { createLatch, eventually, now } from "../../support/wait.ts";

interface Fixture {
  readonly plain: FaultUpstream;
  readonly secure: FaultUpstream;
  readonly outbound: ConnectProxy;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start, scope }: Kit): Promise<Fixture> {
  const certificates = makeCertificates();
  const plain = await upstream();
  const secure = await upstream({ tls: certificates });
  const outbound = await startConnectProxy("ann:p@ss");
  scope.defer(() => outbound.close());
  const dead = await startUpstream();
  await dead.close();
  const via = (url: string): string => `proxy: {url: "${url}"}`;
  const good = via(`http://ann:p%40ss@127.0.0.1:${outbound.port}`);
  const groups: readonly (readonly [name: string, upstream: string, client: string])[] = [
    ["direct", "trusted", ""],
    ["stranger", "untrusted", ""],
    ["tunnel", "trusted", good],
    ["plain-tunnel", "plain", good],
    ["refused-tunnel", "trusted", via(`http://ann:wrong@127.0.0.1:${outbound.port}`)],
    ["dead-tunnel", "trusted", via(`http://127.0.0.1:${dead.port}`)],
    ["off-tunnel", "plain", `proxy: {enabled: false, url: "http://127.0.0.1:${dead.port}"}`],
  ];
  const yaml = `
http_server:
  forwards:
${groups.map(([name]) => `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${name}}`).join("\n")}
upstreams:
  - {name: plain, url: "${plain.url}"}
  - {name: trusted, url: "${secure.url}", tls: {ca: ca.crt}}
  - {name: untrusted, url: "${secure.url}"}
upstream_groups:
${groups.map(([name, member, client]) => `  - {name: ${name}, upstreams: [{name: ${member}}], http_client: {${client}}}`).join("\n")}
`;
  return { plain, secure, outbound, proxy: await start(yaml, { files: { "ca.crt": certificates.ca } }) };
}

const skipHere = !hasOpenssl() && "openssl is not there";

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a private CA vouches for its upstream",
    skipHere,
    async run({ secure, proxy }) {
      const path = uniquePath();
      secure.on(path, echo);
      const answer = await request(proxy.port("direct"), path, { body: "hello" });
      expect([answer.status, answer.text()]).toEqual([200, "hello"]);
      expect((await secure.request(path)).header("host")).toBe(`localhost:${secure.port}`);
    },
  },
  {
    name: "a private CA vouches for nobody else",
    skipHere,
    async run({ proxy }) {
      await request(proxy.port("direct"), uniquePath());
      const answer = await request(proxy.port("stranger"), uniquePath());
      expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([502, "upstream_unreachable"]);
    },
  },
  {
    name: "an https upstream is reached through CONNECT with basic auth, its own header fields unseen by the proxy",
    skipHere,
    async run({ secure, outbound, proxy }) {
      const path = uniquePath();
      secure.on(path, echo);
      const answer = await request(proxy.port("tunnel"), path, { body: "hello" });
      expect([answer.status, answer.text()]).toEqual([200, "hello"]);
      expect(outbound.asked).toContainEqual({
        line: `CONNECT localhost:${secure.port}`,
        authorization: `Basic ${Buffer.from("ann:p@ss").toString("base64")}`,
      });
    },
  },
  {
    name: "the outbound proxy's credentials stay with the proxy",
    skipHere,
    async run({ secure, proxy }) {
      const path = uniquePath();
      secure.on(path, echo);
      await request(proxy.port("tunnel"), path, { body: "hello" });
      expect((await secure.request(path)).all("proxy-authorization")).toEqual([]);
    },
  },
  {
    name: "an http upstream is reached through the proxy too",
    skipHere,
    async run({ plain, outbound, proxy }) {
      const path = uniquePath();
      plain.on(path, echo);
      const answer = await request(proxy.port("plain-tunnel"), path, { body: "hello" });
      expect([answer.status, answer.text()]).toEqual([200, "hello"]);
      const asked = outbound.asked.filter(({ line }) => line.includes(`:${plain.port}`));
      expect(asked.length).toBeGreaterThan(0);
      expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from("ann:p@ss").toString("base64")}`);
    },
  },
  {
    name: "a proxy that refuses the password is 502, and the password is not told",
    skipHere,
    async run({ proxy }) {
      const answer = await request(proxy.port("refused-tunnel"), uniquePath(), { body: "{}" });
      expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([502, "upstream_unreachable"]);
      expect(answer.text() + proxy.stdout).not.toContain("wrong");
    },
  },
  {
    name: "a proxy that is not there is 502 upstream_unreachable",
    skipHere,
    async run({ proxy }) {
      const answer = await request(proxy.port("dead-tunnel"), uniquePath(), { body: "{}" });
      expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([502, "upstream_unreachable"]);
    },
  },
  {
    name: "a proxy that is switched off is not used",
    skipHere,
    async run({ plain, proxy }) {
      const path = uniquePath();
      plain.on(path, ok());
      expect((await request(proxy.port("off-tunnel"), path)).status).toBe(200);
    },
  },
  {
    name: "a streamed upload passes a tunnel",
    skipHere,
    async run({ secure, proxy }) {
      const path = uniquePath();
      secure.on(path, echo);
      const size = 9 * 1024 * 1024;
      const answer = await request(proxy.port("tunnel"), path, {
        body: Buffer.alloc(size, "z"),
        keep: false,
      });
      expect([answer.status, answer.bodySize]).toEqual([200, size]);
    },
  },
];

contract("private CAs and outbound proxies", setup, rows);

interface OneUpstream {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setupOne({ upstream, start }: Kit): Promise<OneUpstream> {
  const up = await upstream();
  const config = simpleConfig({
    upstreams: [["only", up.url]],
    strategy: "roundrobin",
    client: "timeout: {idle: 5}",
  });
  return { up, proxy: await start(config) };
}

contract(
  "the pool",
  setupOne,
  [
    {
      name: "an unused connection is closed after timeout.idle",
      timeout: 30_000,
      async run({ up, proxy }, { annotate }) {
        const path = uniquePath();
        up.on(path, ok());
        await request(proxy.port("main"), path);
        const received = await up.request(path);
        const started = now();
        const left = await eventually(() => received.left, 20_000, "the connection closes");
        await annotate(`closed after ${((left.at - started) / 1000).toFixed(1)} s`);
        expect(left.at - started).toBeGreaterThan(3_500);
      },
    },
  ],
  { concurrent: true },
);

/** A port that the Fetch standard blocks, free on most machines. */
const BLOCKED = 10_080;

contract(
  "ports that browsers block",
  async ({ scope, start }) => {
    const up = await startUpstream({ port: BLOCKED }).catch(() => undefined);
    scope.defer(() => up?.close());
    return { up, proxy: await start(simpleConfig({ upstreams: [["only", `http://127.0.0.1:${BLOCKED}`]] })) };
  },
  [
    {
      name: `an upstream on port ${BLOCKED} is reached`,
      async run({ up, proxy }, { skip }) {
        if (up === undefined) return skip(`port ${BLOCKED} is taken`);
        const path = uniquePath();
        up.on(path, ok());
        expect((await request(proxy.port("main"), path)).status).toBe(200);
      },
    },
  ],
);

const CROWD = 1_000;

contract("a crowd", setupOne, [
  {
    name: `${CROWD} streams are open at once, and all of them end whole`,
    timeout: 60_000,
    async run({ up, proxy, connect }, { annotate }) {
      const path = uniquePath();
      const release = createLatch<void>();
      up.on(path, async (exchange) => {
        await exchange.body();
        exchange.write(
          "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
        );
        exchange.write(chunkBytes(delta("first")));
        await release.promise;
        exchange.write(Buffer.concat([chunkBytes(delta("last")), Buffer.from("0\r\n\r\n")]));
      });
      const before = proxy.residentBytes();
      const clients = await Promise.all(
        Array.from({ length: CROWD }, async () => {
          const client = await connect(proxy.port("main"));
          const pending = client.next();
          await client.send(requestBytes(path, { body: "{}" }));
          return pending;
        }),
      );
      await Promise.all(clients.map((pending) => pending.until("first", 20_000)));
      expect(up.requests(path)).toHaveLength(CROWD);
      expect(up.open).toBeGreaterThanOrEqual(CROWD);
      await annotate(`${((proxy.residentBytes() - before) / CROWD / 1024).toFixed(0)} KiB a stream`);
      release.open();
      const answers = await Promise.all(clients.map((pending) => pending.end(20_000)));
      const whole = answers.filter(
        ({ end, text }) => end === "complete" && text() === delta("first") + delta("last"),
      );
      expect(whole).toHaveLength(CROWD);
    },
  },
]);
