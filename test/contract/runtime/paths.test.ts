import { expect } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

const BASES: Readonly<Record<string, string>> = {
  root: "",
  v1: "/v1",
  deep: "/api/openai/v1/",
  azure: "/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
  fixed: "/only/this?k=1",
};

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  up.otherwise(ok());
  const names = Object.keys(BASES);
  const yaml = `
http_server:
  forwards:
${names.map((name) => `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${name}}`).join("\n")}
upstreams:
${names.map((name) => `  - {name: ${name}, url: "${up.url}${BASES[name]}", path: ${name === "fixed" ? "fixed" : "join"}}`).join("\n")}
upstream_groups:
${names.map((name) => `  - {name: ${name}, upstreams: [{name: ${name}}]}`).join("\n")}
`;
  return { up, proxy: await start(yaml) };
}

const joins: readonly (readonly [base: string, target: string, expected: string])[] = [
  ["root", "/v1/chat/completions", "/v1/chat/completions"],
  ["root", "/", "/"],
  ["v1", "/v1/chat/completions", "/v1/chat/completions"],
  ["v1", "/chat/completions", "/v1/chat/completions"],
  ["v1", "/v1beta/x", "/v1/v1beta/x"],
  ["v1", "/v1/v1/x", "/v1/v1/x"],
  ["deep", "/v1/models?a=1", "/api/openai/v1/models?a=1"],
  ["deep", "/openai/v1/models", "/api/openai/v1/models"],
  ["deep", "/models", "/api/openai/v1/models"],
  [
    "azure",
    "/v1/chat/completions?x=1",
    "/openai/deployments/gpt/chat/completions?api-version=2024-10-21&x=1",
  ],
  ["azure", "/chat/completions", "/openai/deployments/gpt/chat/completions?api-version=2024-10-21"],
  ["fixed", "/any/where?x=1", "/only/this?k=1"],
  ["v1", "/files%2Fa/b%20c", "/v1/files%2Fa/b%20c"],
  ["v1", "/models/ft:gpt-4o:org::id", "/v1/models/ft:gpt-4o:org::id"],
  ["v1", "/a//b/", "/v1/a//b/"],
  ["v1", "/%C3%A4/~x/!$&()*+,;=@", "/v1/%C3%A4/~x/!$&()*+,;=@"],
];

const climbs = [
  "/../secret",
  "/v1/../../secret",
  "/%2e%2e/secret",
  "/a/.%2E/../../secret",
  "/..\\..\\secret",
  "/./../secret",
  "/v1/.t/../../secret",
];

const rows: readonly Row<Fixture & Kit>[] = [
  ...joins.map(
    ([base, target, expected]): Row<Fixture & Kit> => ({
      name: `base "${BASES[base]}"${base === "fixed" ? ", fixed," : ""} takes ${target} to ${expected}`,
      async run({ up, proxy }) {
        const [path = ""] = expected.split("?");
        const before = up.requests(path).length;
        expect((await request(proxy.port(base), target)).status).toBe(200);
        expect((await up.request(path, before + 1, 1_000)).target).toBe(expected);
      },
    }),
  ),
  ...climbs.map(
    (target): Row<Fixture & Kit> => ({
      name: `${target} does not climb above the base`,
      async run({ up, proxy }) {
        const answer = await request(proxy.port("v1"), target);
        expect([200, 400]).toContain(answer.status);
        if (answer.status === 400)
          expect(answer.header("x-llmproxy-error") ?? "bad_request").toBe("bad_request");
        expect(up.requests("/secret")).toEqual([]);
        expect(up.requests("/../secret")).toEqual([]);
      },
    }),
  ),
  {
    name: "an absolute-form target does not choose the host",
    async run({ up, proxy, connect }) {
      const client = await connect(proxy.port("v1"));
      const answer = client.next();
      await client.send("GET http://other.test/absolute HTTP/1.1\r\nhost: other.test\r\n\r\n");
      const { status } = await answer.end();
      expect([200, 400]).toContain(status);
      if (status === 200)
        expect((await up.request("/v1/absolute")).header("host")).toBe(`127.0.0.1:${up.port}`);
    },
  },
];

contract("paths are joined to the upstream's URL", setup, rows);
