import { expect } from "vitest";
import { echo, ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import type { Answer } from "../../support/raw-answer.ts";
import { request } from "../../support/raw-request.ts";
import { FEW_FIELDS, OWN_HEAD_STATUS, SMALL_HEADS } from "./lacks.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const yaml = `
http_server:
  forwards:
    - {name: main, port: 0, address: 127.0.0.1, upstream_group: pool}
    - {name: small, port: 0, address: 127.0.0.1, upstream_group: pool, max_body_size: 64KiB}
    - {name: large, port: 0, address: 127.0.0.1, upstream_group: pool, max_body_size: 9MiB}
    - {name: huge, port: 0, address: 127.0.0.1, upstream_group: pool, max_body_size: 256MiB}
upstreams: [{name: only, url: "${up.url}"}]
upstream_groups: [{name: pool, upstreams: [{name: only}]}]
`;
  return { up, proxy: await start(yaml) };
}

function expectError(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.header("x-llmproxy-error"), answer.end]).toEqual([status, code, "complete"]);
  expect((answer.json() as { error: { code: string } }).error.code).toBe(code);
}

const KiB = 1024;

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a body over max_body_size is 413 before it is read where content-length tells",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, echo);
      const client = await connect(proxy.port("small"));
      const answer = client.next();
      await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${64 * KiB + 1}\r\n\r\n`);
      expectError(await answer.end(2_000), 413, "body_too_large");
      expect(up.requests(path)).toEqual([]);
    },
  },
  {
    name: "a chunked body over max_body_size is 413",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, echo);
      const answer = await request(proxy.port("small"), path, {
        chunks: [Buffer.alloc(40 * KiB), Buffer.alloc(40 * KiB)],
      });
      expectError(answer, 413, "body_too_large");
      expect(up.requests(path)).toEqual([]);
    },
  },
  {
    name: "a chunked body over max_body_size that is on its way is 413 and never whole for the upstream",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, echo);
      const chunks = Array.from({ length: 10 }, () => Buffer.alloc(KiB * KiB));
      expectError(await request(proxy.port("large"), path, { chunks }), 413, "body_too_large");
      for (const received of up.requests(path)) expect(received.message.complete).toBe(false);
    },
  },
  {
    name: "a body of exactly max_body_size passes",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, echo);
      for (const options of [{ body: Buffer.alloc(64 * KiB) }, { chunks: [Buffer.alloc(64 * KiB)] }]) {
        const answer = await request(proxy.port("small"), path, options);
        expect([answer.status, answer.bodySize]).toEqual([200, 64 * KiB]);
      }
    },
  },
  {
    name: "a body of 140 MiB passes where max_body_size allows it",
    timeout: 40_000,
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      let size = 0;
      up.on(path, async (exchange) => {
        await exchange.body();
        size = exchange.request.message.bodySize;
        await ok()(exchange);
      });
      const client = await connect(proxy.port("huge"));
      const answer = client.next();
      const total = 140 * KiB * KiB;
      await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${total}\r\n\r\n`);
      const part = Buffer.alloc(KiB * KiB);
      for (let sent = 0; sent < total; sent += part.length) await client.send(part);
      expect([(await answer.end(20_000)).status, size]).toEqual([200, total]);
    },
  },
  {
    name: "a target of 8 KiB passes",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const answer = await request(proxy.port("main"), `${path}?${"q".repeat(8_000)}`);
      expect(answer.status).toBe(200);
    },
  },
  {
    name: "a target over 16 KiB is 414",
    skip: SMALL_HEADS,
    async run({ proxy }) {
      expect((await request(proxy.port("main"), `/${"p".repeat(17 * KiB)}`)).status).toBe(414);
    },
  },
  {
    name: "a head of 10 KiB passes",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const answer = await request(proxy.port("main"), path, { headers: [["x-large", "v".repeat(10_000)]] });
      expect(answer.status).toBe(200);
      expect((await up.request(path)).header("x-large")).toHaveLength(10_000);
    },
  },
  {
    name: "a head of 100 fields passes",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const headers = Array.from({ length: 100 }, (_, i) => [`x-field-${i}`, String(i)] as const);
      expect((await request(proxy.port("main"), path, { headers })).status).toBe(200);
      expect((await up.request(path)).header("x-field-99")).toBe("99");
    },
  },
  {
    name: "a head of 60 KiB passes",
    skip: SMALL_HEADS,
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const answer = await request(proxy.port("main"), path, { headers: [["x-large", "v".repeat(60_000)]] });
      expect(answer.status).toBe(200);
    },
  },
  {
    name: "a head of 250 fields passes",
    skip: FEW_FIELDS,
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, ok());
      const headers = Array.from({ length: 250 }, (_, i) => [`x-field-${i}`, String(i)] as const);
      expect((await request(proxy.port("main"), path, { headers })).status).toBe(200);
      expect((await up.request(path)).header("x-field-249")).toBe("249");
    },
  },
  {
    name: "a head over 64 KiB is 431",
    skip: OWN_HEAD_STATUS,
    async run({ proxy }) {
      const headers = [["x-large", "v".repeat(100 * KiB)]] as const;
      expect((await request(proxy.port("main"), "/", { headers })).status).toBe(431);
    },
  },
  {
    name: "heads and targets that are far too large are 4xx, and the program goes on",
    async run({ up, proxy }) {
      const large = "v".repeat(300 * KiB);
      for (const answer of [
        await request(proxy.port("main"), "/", { headers: [["x-large", large]] }),
        await request(proxy.port("main"), `/${large}`),
      ]) {
        expect([400, 413, 414, 431]).toContain(answer.status);
      }
      const path = uniquePath();
      up.on(path, ok());
      expect((await request(proxy.port("main"), path)).status).toBe(200);
    },
  },
];

contract("limits", setup, rows);
