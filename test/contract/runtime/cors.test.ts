import { expect } from "vitest";
import { answer, ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import type { Answer } from "../../support/raw-answer.ts";
import { request } from "../../support/raw-request.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

const APP = "https://app.test";

const PREFLIGHT = {
  method: "OPTIONS",
  headers: [
    ["Origin", APP],
    ["Access-Control-Request-Method", "POST"],
    ["Access-Control-Request-Headers", "authorization, content-type"],
  ],
} as const;

/** Fields of an upstream that allows other pages than the proxy does. */
const THEIRS = [
  ["Access-Control-Allow-Origin", "https://theirs.test"],
  ["Access-Control-Allow-Credentials", "true"],
  ["Vary", "Accept"],
] as const;

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const forward = (name: string, more: string): string =>
    `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: pool, ${more}}`;
  const yaml = `
http_server:
  forwards:
${forward("listed", `cors: {origins: ["${APP}"]}`)}
${forward("open", 'cors: {origins: ["*"], headers: [authorization]}')}
${forward("limited", `cors: {origins: ["${APP}"]}, ratelimit: {per_second: 1, burst: 1}`)}
${forward("off", "max_body_size: 10")}
${forward("small", `cors: {origins: ["${APP}"]}, max_body_size: 10`)}
  admin: {port: 0, address: 127.0.0.1}
upstreams: [{name: only, url: "${up.url}"}]
upstream_groups: [{name: pool, upstreams: [{name: only}]}]
`;
  return { up, proxy: await start(yaml) };
}

/** The CORS fields of an answer, and its Vary. */
function allowing(got: Answer): Readonly<Record<string, string>> {
  const names = ["access-control-allow-origin", "access-control-allow-credentials", "vary"];
  const pairs = names.map((name) => [name, got.all(name).join(", ")] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ""));
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a preflight is answered by the proxy, and logged",
    async run({ up, proxy }) {
      const path = uniquePath("/v1/chat/completions");
      const got = await request(proxy.port("listed"), path, PREFLIGHT);
      expect([got.status, got.text(), got.end]).toEqual([204, "", "complete"]);
      expect(got.header("access-control-allow-origin")).toBe(APP);
      expect(got.header("access-control-allow-methods")).toMatch(/\bPOST\b/);
      expect(got.header("access-control-allow-headers")).toBe("authorization, content-type");
      expect(got.header("access-control-max-age")).toBe("7200");
      expect(got.all("vary").join()).toContain("Origin");
      expect(up.requests(path)).toEqual([]);
      const line = await proxy.logged((one) => one["path"] === path);
      expect(line).toMatchObject({ method: "OPTIONS", status: 204, attempts: 0 });
    },
  },
  {
    name: "a preflight of another origin is answered, and allows nothing",
    async run({ up, proxy }) {
      const path = uniquePath();
      const headers = [["Origin", "https://evil.test"], ...PREFLIGHT.headers.slice(1)] as const;
      const got = await request(proxy.port("listed"), path, { ...PREFLIGHT, headers });
      expect(got.status).toBe(204);
      expect(got.headers.filter(([name]) => /^access-control/i.test(name))).toEqual([]);
      expect(up.requests(path)).toEqual([]);
    },
  },
  {
    name: "preflights take nothing of the rate limit",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const port = proxy.port("limited");
      for (let i = 0; i < 3; i += 1) expect((await request(port, path, PREFLIGHT)).status).toBe(204);
      const origin = { headers: [["Origin", APP]] } as const;
      expect((await request(port, path, origin)).status).toBe(200);
      const refused = await request(port, path, origin);
      expect([refused.status, refused.header("access-control-allow-origin")]).toEqual([429, APP]);
    },
  },
  {
    name: "an OPTIONS that is no preflight goes upstream",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const got = await request(proxy.port("listed"), path, {
        method: "OPTIONS",
        headers: [["Origin", APP]],
      });
      expect([got.status, up.requests(path).length]).toEqual([200, 1]);
    },
  },
  {
    name: "an answer's own CORS fields are replaced, and its Vary is kept",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, answer(200, THEIRS, "hello"));
      const of = async (forward: string, origin: string): Promise<unknown> =>
        allowing(await request(proxy.port(forward), path, { headers: [["Origin", origin]] }));
      expect(await of("listed", APP)).toEqual({
        "access-control-allow-origin": APP,
        vary: "Accept, Origin",
      });
      expect(await of("listed", "https://evil.test")).toEqual({ vary: "Accept, Origin" });
      expect(await of("open", "https://any.test")).toEqual({
        "access-control-allow-origin": "*",
        vary: "Accept",
      });
    },
  },
  {
    name: "the proxy's own errors can be read by the page",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const got = await request(proxy.port("small"), path, {
        headers: [["Origin", APP]],
        body: "more than ten bytes",
      });
      expect([got.status, got.header("x-llmproxy-error")]).toEqual([413, "body_too_large"]);
      expect(got.header("access-control-allow-origin")).toBe(APP);
      expect(got.header("access-control-expose-headers")).toBe("*");
    },
  },
  {
    name: "where CORS is off, preflights and the upstream's fields pass untouched",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, answer(200, THEIRS, "hello"));
      const got = await request(proxy.port("off"), path, PREFLIGHT);
      expect(allowing(got)).toEqual({
        "access-control-allow-origin": "https://theirs.test",
        "access-control-allow-credentials": "true",
        vary: "Accept",
      });
      expect(up.requests(path)).toHaveLength(1);
    },
  },
];

contract("which web pages may read answers (CORS)", setup, rows);
