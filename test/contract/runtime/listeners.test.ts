import { networkInterfaces } from "node:os";
import { expect } from "vitest";
import { delta, echo, ok, sse } from "../../support/behaviours.ts";
import { type Certificates, hasOpenssl, makeCertificates } from "../../support/certificates.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
  readonly certificates: Certificates | undefined;
}

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);

const ROUTES: readonly (readonly [pattern: string, upstream: string])[] = [
  ["/static", "s"],
  ["/static/deep", "sd"],
  ["/:name", "n"],
  ["/{id:[0-9]+}", "r"],
  ["/a/*/c", "m"],
  ["/a/b/c", "abc"],
  ["/files/*", "f"],
  ["/files/{kind:(img|doc)}", "k"],
];

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  up.otherwise(ok());
  const certificates = hasOpenssl() ? makeCertificates() : undefined;
  const names = [...ROUTES.map(([, name]) => name), "rest", "strip"];
  const yaml = `
http_server:
  forwards:
    - name: routed
      port: 0
      address: 127.0.0.1
      upstream_group: rest
      routing:
${ROUTES.map(([pattern, name]) => `        - {path: "${pattern}", target_group: ${name}}`).join("\n")}
        - {path: "/tenant/*", target_group: strip, strip_prefix: /tenant}
    - {name: other, port: 0, address: 127.0.0.1, upstream_group: s}
    ${hasIPv6 ? '- {name: six, port: 0, address: "::1", upstream_group: rest}' : ""}
    ${certificates ? "- {name: secure, port: 0, address: 127.0.0.1, upstream_group: rest, tls: {cert: server.crt, key: server.key}}" : ""}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
${names.map((name) => `  - {name: ${name}, url: "${up.url}"}`).join("\n")}
upstream_groups:
${names.map((name) => `  - {name: ${name}, upstreams: [{name: ${name}}]}`).join("\n")}
`;
  const files = certificates && { "server.crt": certificates.cert, "server.key": certificates.key };
  return { up, certificates, proxy: await start(yaml, files && { files }) };
}

const routed: readonly (readonly [path: string, upstream: string])[] = [
  ["/static", "s"],
  ["/static?x=/files/a", "s"],
  ["/static/deep", "sd"],
  ["/static/other", "rest"],
  ["/word", "n"],
  ["/123", "r"],
  ["/123a", "n"],
  ["/a/x/c", "m"],
  ["/a/b/c", "abc"],
  ["/a/x/y/c", "rest"],
  ["/files", "f"],
  ["/files/", "f"],
  ["/files/a/b", "f"],
  ["/files/img", "k"],
  ["/files/imgs", "f"],
  ["/", "rest"],
  ["/x/y/z", "rest"],
];

const rows: readonly Row<Fixture & Kit>[] = [
  ...routed.map(
    ([path, upstream]): Row<Fixture & Kit> => ({
      name: `${path} goes to ${upstream === "rest" ? "the forward's group" : `the group of ${ROUTES.find(([, name]) => name === upstream)?.[0]}`}`,
      async run({ proxy }) {
        expect((await request(proxy.port("routed"), path)).header("x-llmproxy-upstream")).toBe(upstream);
      },
    }),
  ),
  {
    name: "strip_prefix takes its part off the path, and only that",
    async run({ up, proxy }) {
      const path = uniquePath("/a%2Fb");
      const answer = await request(proxy.port("routed"), `/tenant${path}?q=/tenant`);
      expect(answer.header("x-llmproxy-upstream")).toBe("strip");
      expect((await up.request(path)).target).toBe(`${path}?q=/tenant`);
    },
  },
  {
    name: "several forwards listen at once, each with its own group",
    async run({ proxy }) {
      expect((await request(proxy.port("other"), "/word")).header("x-llmproxy-upstream")).toBe("s");
    },
  },
  {
    name: "routes are counted",
    async run({ proxy }) {
      await request(proxy.port("routed"), "/static");
      const metrics = (await request(proxy.adminPort, "/metrics")).text();
      expect(metrics).toMatch(
        /^llmproxy_route_matches_total\{(?=[^}]*forward="routed")(?=[^}]*group="s")[^}]*\} [1-9]/m,
      );
    },
  },
  {
    name: "a forward listens on IPv6, and the client's address is written so",
    skipHere: !hasIPv6 && "this machine has no ::1",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      expect((await request(proxy.port("six"), path, { host: "::1" })).status).toBe(200);
      expect((await up.request(path)).all("x-forwarded-for")).toEqual(["::1"]);
    },
  },
  {
    name: "an HTTPS forward serves, streams and says https to its upstream",
    skipHere: !hasOpenssl() && "openssl is not there",
    async run({ up, proxy, certificates }) {
      const tls = { ca: certificates?.ca ?? "" };
      const path = uniquePath();
      up.on(path, echo, sse([delta("a"), delta("b")], 50));
      const body = Buffer.alloc(300_000, "abc");
      const answer = await request(proxy.port("secure"), path, { tls, body });
      expect([answer.status, answer.body.equals(body)]).toEqual([200, true]);
      expect((await up.request(path)).all("x-forwarded-proto")).toEqual(["https"]);
      const stream = await request(proxy.port("secure"), path, { tls });
      expect([stream.text(), stream.end]).toEqual([delta("a") + delta("b"), "complete"]);
    },
  },
  {
    name: "plain HTTP to an HTTPS forward does no harm",
    skipHere: !hasOpenssl() && "openssl is not there",
    async run({ proxy, connect, certificates }) {
      const client = await connect(proxy.port("secure"));
      await client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n").catch(() => {});
      await client.untilClosed(5_000);
      expect((await request(proxy.port("secure"), "/", { tls: { ca: certificates?.ca ?? "" } })).status).toBe(
        200,
      );
    },
  },
];

contract("listeners and routes", setup, rows);
