import { expect } from "vitest";
import {
  answer as answers,
  delta,
  ok,
  rawThenFin,
  rawThenReset,
  sseBytes,
  sseThenHang,
} from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { chunkBytes, request, requestBytes } from "../../support/raw-request.ts";
import { createLatch, pause } from "../../support/wait.ts";

interface Fixture {
  readonly a: FaultUpstream;
  readonly b: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const a = await upstream();
  const b = await upstream();
  const yaml = `
http_server:
  forwards:
    - {name: whole, port: 0, address: 127.0.0.1, upstream_group: whole}
    - {name: once, port: 0, address: 127.0.0.1, upstream_group: once}
upstreams:
  - {name: a, url: "${a.url}"}
  - {name: b, url: "${b.url}"}
upstream_groups:
  - name: whole
    upstreams: [{name: a}, {name: b}]
    balance: {strategy: failover}
    http_client: {stream_mode: false, timeout: {request: 2}, retry: {attempts: 4, initial: 100}}
  - name: once
    upstreams: [{name: a}]
    http_client: {stream_mode: false, timeout: {request: 1}}
`;
  return { a, b, proxy: await start(yaml) };
}

const SUFFIX = "/v1/chat/completions";
const CUT = rawThenFin(sseBytes([delta("half")]));

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "nothing reaches the client before the answer is whole",
    async run({ a, proxy, connect }) {
      const path = uniquePath(SUFFIX);
      const release = createLatch<void>();
      a.on(path, async (exchange) => {
        exchange.write(sseBytes([delta("one")]));
        await release.promise;
        exchange.write(Buffer.concat([chunkBytes(delta("two")), Buffer.from("0\r\n\r\n")]));
      });
      const client = await connect(proxy.port("whole"));
      const pending = client.next();
      await client.send(requestBytes(path, { body: "{}" }));
      await a.request(path);
      await pause(400);
      expect(client.received).toBe(0);
      release.open();
      const answer = await pending.end();
      expect([answer.status, answer.text(), answer.end]).toEqual([
        200,
        delta("one") + delta("two"),
        "complete",
      ]);
    },
  },
  ...(
    [
      ["a cut", CUT],
      ["a reset", rawThenReset(sseBytes([delta("half")]))],
      ["a body shorter than its length", rawThenFin("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort")],
    ] as const
  ).map(
    ([name, behaviour]): Row<Fixture & Kit> => ({
      name: `${name} in the middle is sent again, and the client sees only the good answer`,
      async run({ a, b, proxy }) {
        const path = uniquePath(SUFFIX);
        a.on(path, behaviour);
        b.on(path, ok("good"));
        const answer = await request(proxy.port("whole"), path, { body: "{}" });
        expect([answer.status, answer.text(), answer.header("x-llmproxy-upstream")]).toEqual([
          200,
          '"good"',
          "b",
        ]);
        expect(b.requests(path)).toHaveLength(1);
      },
    }),
  ),
  {
    name: "a cut with no try left is 502, not half an answer",
    async run({ a, proxy }) {
      const path = uniquePath(SUFFIX);
      a.on(path, CUT);
      const answer = await request(proxy.port("once"), path, { body: "{}" });
      expect([answer.status, answer.header("x-llmproxy-error"), answer.end]).toEqual([
        502,
        "upstream_reset",
        "complete",
      ]);
      expect(answer.text()).not.toContain("half");
    },
  },
  {
    name: "timeout.request holds to the last byte",
    async run({ a, proxy }) {
      const path = uniquePath(SUFFIX);
      a.on(path, sseThenHang(delta("one")));
      const answer = await request(proxy.port("once"), path, { body: "{}" });
      expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([504, "upstream_timeout"]);
    },
  },
  {
    name: "a large answer arrives byte for byte",
    async run({ a, proxy }) {
      const path = uniquePath(SUFFIX);
      const body = Buffer.alloc(3_000_000, "0123456789");
      a.on(path, answers(200, [["content-type", "application/octet-stream"]], body));
      const answer = await request(proxy.port("whole"), path, { body: "{}" });
      expect([answer.status, answer.end, answer.body.equals(body)]).toEqual([200, "complete", true]);
    },
  },
];

contract("stream_mode: false", setup, rows);
