import { expect } from "vitest";
import { answer, echo, ok, rawThenHang } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import { answerBytes, type Behaviour, type FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const names = ["passes", "follows"];
  const yaml = `
http_server:
  forwards:
${names.map((name) => `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${name}, max_body_size: 20MiB}`).join("\n")}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
  - {name: up, url: "${up.url}", auth: {type: bearer, token: sk-own}}
upstream_groups:
  - {name: passes, upstreams: [{name: up}]}
  - {name: follows, upstreams: [{name: up}], http_client: {redirects: follow, retry: {attempts: 1}, timeout: {connect: 1, request: 1}}}
`;
  return { up, proxy: await start(yaml, { args: ["--debug"] }) };
}

const redirect = (location: string, status = 307): Behaviour =>
  answer(status, [["location", location]], "moved");

/** What a path's query decides is looked at by no behaviour: it only has to come along. */
const QUERY = "?a=%20&b=+&c";

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "are passed on as they come by default, whatever they name",
    async run({ up, proxy }) {
      for (const location of [`${up.url}/x/`, "/x/?a=%20", "http://internal.example:8000/x#y"]) {
        const path = uniquePath();
        up.on(path, redirect(location));
        const got = await request(proxy.port("passes"), path, { body: "{}" });
        expect([got.status, got.header("location"), got.text()]).toEqual([307, location, "moved"]);
        expect(got.header("x-llmproxy-attempts")).toBe("1");
      }
    },
  },
  ...[307, 308].flatMap((status) =>
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].map(
      (method): Row<Fixture & Kit> => ({
        name: `${status} of the upstream to itself is followed for ${method}: method, fields, body and query stay`,
        async run({ up, proxy }) {
          const path = uniquePath("/v1/files");
          const body = method === "GET" || method === "HEAD" ? undefined : `${method} \0 body`;
          up.on(path, redirect(`${up.url}${path}/${QUERY}`, status));
          up.on(`${path}/`, echo);
          const got = await request(proxy.port("follows"), path + QUERY, {
            method,
            headers: [
              ["x-tenant", "t"],
              ["x-request-id", `r${path.replaceAll("/", ".")}`],
            ],
            ...(body !== undefined && { body }),
          });
          expect(got.status).toBe(200);
          expect(got.header("x-llmproxy-attempts")).toBe("1");
          const [first] = up.requests(path);
          const [second, ...more] = up.requests(`${path}/`);
          expect(more).toEqual([]);
          expect(second?.target).toBe(`${path}/${QUERY}`);
          expect(second?.method).toBe(method);
          expect(second?.message.body.toString()).toBe(body ?? "");
          expect(second?.message.headers).toEqual(first?.message.headers);
          expect(second?.header("authorization")).toBe("Bearer sk-own");
        },
      }),
    ),
  ),
  {
    name: "a relative Location is followed, and the trace tells of it",
    async run({ up, proxy }) {
      const path = uniquePath("/v1/chat/completions");
      up.on(path, redirect("completions/"));
      up.on(`${path}/`, ok());
      const headers = [["x-request-id", "followed-1"]] as const;
      const got = await request(proxy.port("follows"), path, { body: "{}", headers });
      expect(got.status).toBe(200);
      const trace = /^"up";outcome=status_307;ms=\d+, "up";outcome=status_200;ms=\d+$/;
      expect(got.header("x-llmproxy-trace")).toMatch(trace);
      const line = await proxy.logged(({ id }) => id === "followed-1");
      expect(line["trace"]).toMatch(trace);
      expect(line).toMatchObject({ attempts: 1, status: 200 });
      expect(line).not.toHaveProperty("reason");
      const metrics = (await request(proxy.adminPort, "/metrics")).text();
      expect(metrics).not.toMatch(/^llmproxy_retries_total\{.*group="follows".* [1-9]/m);
    },
  },
  {
    name: "301 and 302 are followed for GET and passed on for POST; 303 is passed on",
    async run({ up, proxy }) {
      const ask = async (status: number, method: string) => {
        const path = uniquePath();
        up.on(path, redirect(`${path}/`, status));
        up.on(`${path}/`, ok());
        return (await request(proxy.port("follows"), path, { method })).status;
      };
      expect([await ask(301, "GET"), await ask(302, "GET"), await ask(303, "GET")]).toEqual([200, 200, 303]);
      expect([await ask(301, "POST"), await ask(302, "POST"), await ask(303, "POST")]).toEqual([
        301, 302, 303,
      ]);
    },
  },
  {
    name: "one to another origin is passed on as it came",
    async run({ up, proxy }) {
      const elsewhere = [
        `https://127.0.0.1:${up.port}/x/`,
        `http://localhost:${up.port}/x/`,
        `http://127.0.0.1:${up.port === 65_535 ? 1 : up.port + 1}/x/`,
        `//evil.example/x/`,
        `http://u:p@127.0.0.1:${up.port}/x/`,
      ];
      for (const location of elsewhere) {
        const path = uniquePath();
        up.on(path, redirect(location));
        const got = await request(proxy.port("follows"), path, { body: "{}" });
        expect([got.status, got.header("location"), got.text()]).toEqual([307, location, "moved"]);
      }
    },
  },
  {
    name: "a circle is left after three: the fourth redirect is the answer",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, redirect(path));
      const got = await request(proxy.port("follows"), path, { body: "{}" });
      expect([got.status, got.header("location"), got.text()]).toEqual([307, path, "moved"]);
      expect(up.requests(path).length).toBe(4);
      expect(got.header("x-llmproxy-attempts")).toBe("1");
    },
  },
  {
    name: "a streamed body is not sent again: its redirect is passed on",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, redirect(`${path}/`));
      const got = await request(proxy.port("follows"), path, { body: Buffer.alloc(9 * 1024 * 1024, "x") });
      expect([got.status, up.requests(`${path}/`).length]).toEqual([307, 0]);
    },
  },
  {
    name: "one that comes before a kept body was read is followed with all of the body",
    async run({ up, proxy }) {
      const path = uniquePath();
      const early = answerBytes(307, [
        ["location", `${path}/`],
        ["connection", "close"],
      ]);
      up.on(path, ({ socket }) => {
        socket.pause();
        socket.end(early);
      });
      up.on(`${path}/`, ok());
      const got = await request(proxy.port("follows"), path, { body: Buffer.alloc(6_000_000, "x") });
      expect(got.status).toBe(200);
      expect(up.requests(`${path}/`)[0]?.message.bodySize).toBe(6_000_000);
    },
  },
  {
    name: "the body of one that is followed is thrown away, also where it never ends",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(
        path,
        rawThenHang(
          `HTTP/1.1 307 Status\r\nlocation: ${path}/\r\ntransfer-encoding: chunked\r\n\r\n5\r\nmoved\r\n`,
        ),
      );
      up.on(`${path}/`, ok());
      const got = await request(proxy.port("follows"), path, { body: "{}" });
      expect([got.status, got.text()]).toEqual([200, '{"ok":true}']);
    },
  },
  {
    name: "where it leads to silence the attempt ends by its own deadline",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, redirect(`${path}/`));
      up.on(`${path}/`, () => {});
      const got = await request(proxy.port("follows"), path, { body: "{}" });
      expect([got.status, got.header("x-llmproxy-error")]).toEqual([504, "upstream_timeout"]);
      expect(up.requests(`${path}/`).length).toBe(1);
    },
  },
];

contract("redirects of an upstream", setup, rows);
