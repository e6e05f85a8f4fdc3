import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { expect } from "vitest";
import { answer as answers, flood, ok, raw, rawThenFin, sse } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { Pair } from "../../support/http-message.ts";
import { type Fixture, given, setup } from "./answer-fixture.ts";
import { STREAMED_ANSWERS_ARE_CHUNKED } from "./lacks.ts";

const MiB = 1024 * 1024;
const BYTES = Buffer.from(Array.from({ length: 1_000 }, (_, i) => (i * 7) % 256));
const TEXT = JSON.stringify({ text: "the same words again and again ".repeat(200) });

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a gzip answer passes untouched",
    async run(fixture) {
      const zipped = gzipSync(TEXT);
      const behaviour = answers(
        200,
        [
          ["content-type", "application/json"],
          ["content-encoding", "gzip"],
        ],
        zipped,
      );
      const got = await given(fixture, behaviour, { headers: [["accept-encoding", "gzip"]] });
      expect(got.header("content-encoding")).toBe("gzip");
      expect(got.body.equals(zipped)).toBe(true);
    },
  },
  ...(
    [
      ["gzip", gzipSync, gunzipSync],
      ["br", brotliCompressSync, brotliDecompressSync],
    ] as const
  ).map(
    ([coding, encode, decode]): Row<Fixture & Kit> => ({
      name: `a ${coding} answer agrees with its fields, also where nobody asked for the encoding`,
      async run(fixture) {
        const fields: readonly Pair[] = [
          ["content-type", "application/json"],
          ["content-encoding", coding],
        ];
        for (const headers of [[], [["accept-encoding", coding]]] as const) {
          const got = await given(fixture, answers(200, fields, encode(TEXT)), { headers });
          expect(got.end).toBe("complete");
          const isEncoded = got.header("content-encoding") === coding;
          expect((isEncoded ? decode(got.body) : got.body).toString()).toBe(TEXT);
          const length = got.header("content-length");
          if (length !== undefined) expect(Number(length)).toBe(got.body.length);
        }
      },
    }),
  ),
  {
    name: "an encoded event stream agrees with its fields",
    async run(fixture) {
      const zipped = gzipSync("data: 1\n\ndata: 2\n\n");
      const fields: readonly Pair[] = [
        ["content-type", "text/event-stream"],
        ["content-encoding", "gzip"],
      ];
      const got = await given(fixture, answers(200, fields, zipped), {
        headers: [["accept-encoding", "gzip"]],
      });
      const isZipped = got.header("content-encoding") === "gzip";
      expect((isZipped ? gunzipSync(got.body) : got.body).toString()).toBe("data: 1\n\ndata: 2\n\n");
    },
  },
  {
    name: "a plain answer is not compressed on its way",
    async run(fixture) {
      for (const behaviour of [answers(200, [["content-type", "application/json"]], TEXT), sse([TEXT])]) {
        const got = await given(fixture, behaviour, { headers: [["accept-encoding", "gzip, br, zstd"]] });
        expect(got.all("content-encoding")).toEqual([]);
        expect(got.text()).toBe(TEXT);
      }
    },
  },
  {
    name: "204 has no body and the connection goes on",
    async run(fixture) {
      const { up, proxy, connect } = fixture;
      const path = uniquePath();
      up.on(path, answers(204, [["x-custom", "1"]]), ok());
      const client = await connect(proxy.port("main"));
      const first = client.next();
      await client.send(`DELETE ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
      const got = await first.end();
      expect([got.status, got.header("x-custom"), got.bodySize]).toEqual([204, "1", 0]);
      const second = client.next();
      await client.send(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
      expect((await second.end()).status).toBe(200);
    },
  },
  {
    name: "304 has no body and keeps its etag",
    async run(fixture) {
      const got = await given(fixture, answers(304, [["etag", '"x"']]), {
        headers: [["if-none-match", '"x"']],
      });
      expect([got.status, got.header("etag"), got.bodySize]).toEqual([304, '"x"', 0]);
    },
  },
  {
    name: "an answer to HEAD keeps its content-length and has no body",
    async run(fixture) {
      const got = await given(
        fixture,
        raw("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1234\r\n\r\n"),
        {
          method: "HEAD",
        },
      );
      expect([got.status, got.header("content-length"), got.header("content-type")]).toEqual([
        200,
        "1234",
        "text/plain",
      ]);
    },
  },
  {
    name: "an empty answer stays empty",
    async run(fixture) {
      const got = await given(fixture, answers(200));
      expect([got.status, got.bodySize, got.end]).toEqual([200, 0, "complete"]);
    },
  },
  {
    name: "103 before the answer does no harm",
    async run(fixture) {
      const got = await given(
        fixture,
        raw("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"),
      );
      expect([got.status, got.text()]).toEqual([200, "hi"]);
    },
  },
  {
    name: "trailers are dropped and the body is complete",
    async run(fixture) {
      const got = await given(
        fixture,
        raw(
          "HTTP/1.1 200 OK\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-sum: 9\r\n\r\n",
        ),
      );
      expect([got.text(), got.trailers, got.end]).toEqual(["hi", [], "complete"]);
    },
  },
  {
    name: "an answer that its upstream ends by closing is complete",
    async run(fixture) {
      const got = await given(
        fixture,
        rawThenFin("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nuntil the end"),
      );
      expect([got.text(), got.end]).toEqual(["until the end", "complete"]);
    },
  },
  {
    name: "content-length is kept",
    skip: STREAMED_ANSWERS_ARE_CHUNKED,
    async run(fixture) {
      const got = await given(fixture, answers(200, [], BYTES));
      expect(got.header("content-length")).toBe("1000");
    },
  },
  {
    name: "an HTTP/1.0 client without Host gets its answer",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, ok());
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      await client.send(`GET ${path} HTTP/1.0\r\n\r\n`);
      expect((await answer.end()).status).toBe(200);
    },
  },
  {
    name: "an HTTP/1.0 client gets an answer that it can read",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, sse(["data: 1\n\n"]));
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      await client.send(`GET ${path} HTTP/1.0\r\nhost: a\r\n\r\n`);
      const got = await answer.end();
      expect([got.framing === "chunked", got.text(), got.end]).toEqual([false, "data: 1\n\n", "complete"]);
    },
  },
  {
    name: "an answer of 100 MB passes whole while memory stays flat",
    timeout: 60_000,
    async run(fixture, { annotate }) {
      const total = 100 * MiB;
      await given(fixture, flood(8 * MiB), { keep: false });
      const before = fixture.proxy.residentBytes();
      let most = 0;
      const watch = setInterval(() => {
        most = Math.max(most, fixture.proxy.residentBytes());
      }, 20);
      const got = await given(fixture, flood(total), { keep: false, deadline: 40_000 });
      clearInterval(watch);
      expect([got.bodySize, got.end]).toEqual([total, "complete"]);
      await annotate(`resident memory grew by ${Math.round((most - before) / MiB)} MiB`);
      expect(most - before).toBeLessThan(64 * MiB);
    },
  },
];

contract("the bodies of answers", setup, rows);
