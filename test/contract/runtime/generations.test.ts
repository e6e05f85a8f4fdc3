import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { type ConnectProxy, startConnectProxy } from "../../support/connect-proxy.ts";
import { contract, type Kit, type Row } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly egress: ConnectProxy;
  readonly older: RunningProxy;
  readonly newer: RunningProxy;
}

const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, "../../config/fixtures", `${name}.yaml`), "utf8");

/** The file as it is, but for where its upstreams, its proxy and its ports are. */
function onLoopback(yaml: string, up: FaultUpstream, egress: ConnectProxy): string {
  return yaml
    .replaceAll(/port: \d+/g, "port: 0")
    .replaceAll(/https?:\/\/(?:[a-z]+\.example\.(?:com|net)|10\.1\.2\.3:11434)(?=[/"])/g, up.url)
    .replaceAll(
      /http:\/\/(?:relay:s3cret%21@)?proxy\.example\.com:8080/g,
      `http://relay:s3cret%21@127.0.0.1:${egress.port}`,
    );
}

async function setup(kit: Kit): Promise<Fixture> {
  const up = await kit.upstream();
  up.otherwise(ok());
  const egress = await startConnectProxy("relay:s3cret!");
  kit.scope.defer(() => egress.close());
  const start = (name: string) => kit.start(onLoopback(fixture(name), up, egress));
  return { up, egress, older: await start("older"), newer: await start("newer") };
}

const json = { method: "POST", body: "{}", headers: [["content-type", "application/json"]] } as const;

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a file of the older generation serves its streaming forward with auth, header rules and agent",
    async run({ older, up }) {
      const answer = await request(older.port("chat_gateway"), "/v1/chat/completions", json);
      expect(answer.status).toBe(200);
      const sent = await up.request("/v1/chat/completions");
      expect(sent.header("user-agent")).toBe("LLMProxy/1.0 (chat)");
      expect(sent.header("authorization")).toBe("Bearer example-cloud-key");
      expect(sent.header("x-team-name")).toBe("Platform");
    },
  },
  {
    name: "a file of the older generation sends its other forward through the outbound proxy",
    async run({ older, up, egress }) {
      const answer = await request(older.port("batch_gateway"), "/api/generate", json);
      expect([answer.status, answer.header("x-llmproxy-upstream")]).toEqual([200, "house_model"]);
      expect(egress.asked.some(({ line }) => line.includes(String(up.port)))).toBe(true);
    },
  },
  {
    name: "a file of the newer generation routes, and its full endpoint takes what ends in the same one",
    async run({ newer, up }) {
      const routed = await request(newer.port("public_api"), "/v1/chat/completions", json);
      expect(routed.status).toBe(200);
      expect(["vendor_a", "vendor_b"]).toContain(routed.header("x-llmproxy-upstream"));
      const plain = await request(newer.port("plain_api"), "/v1/chat/completions", json);
      expect(plain.status).toBe(200);
      const whole = await request(newer.port("public_api"), "/v1/models/gpt");
      expect([whole.status, whole.header("x-llmproxy-upstream")]).toEqual([200, "vendor_b"]);
      expect(up.requests("/v1/chat/completions").length).toBeGreaterThanOrEqual(2);
    },
  },
];

contract<Fixture>("files of the original's two generations", setup, rows);
