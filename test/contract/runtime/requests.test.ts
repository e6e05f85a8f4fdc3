import { createHash, randomBytes } from "node:crypto";
import { expect } from "vitest";
import { echo, ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import { requestBytes } from "../../support/raw-request.ts";
import { NO_PIPELINING, STREAMED_UPLOADS_ARE_CHUNKED } from "./lacks.ts";
import { type Fixture, setup, through } from "./request-fixture.ts";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const bodies = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(
  (method): Row<Fixture & Kit> => ({
    name: `${method}: method and body arrive byte for byte`,
    async run(fixture) {
      const body = Buffer.concat([ALL_BYTES, Buffer.from('{"a": 1 ,\r\n "a":2}\0')]);
      const got = await through(fixture, { method, body });
      expect(got.method).toBe(method);
      expect(got.message.body.equals(body)).toBe(true);
    },
  }),
);

const bodyless = ["GET", "HEAD", "DELETE", "OPTIONS"].map(
  (method): Row<Fixture & Kit> => ({
    name: `${method} without a body arrives without one`,
    async run(fixture) {
      const got = await through(fixture, { method });
      expect(got.method).toBe(method);
      expect(got.message.bodySize).toBe(0);
    },
  }),
);

const rows: readonly Row<Fixture & Kit>[] = [
  ...bodies,
  ...bodyless,
  {
    name: "the query is kept as sent",
    async run(fixture) {
      const query = "?b=2&a=1&a=%20x+y&e=%2F%3d&empty=&flag&u=%C3%A4&dots=..%2f..&path=/a/../b";
      const got = await through(fixture, { query });
      expect(got.target.slice(got.target.indexOf("?"))).toBe(query);
    },
  },
  {
    name: "what a URL may not hold reaches the upstream as sent or percent-encoded, nothing else",
    async run(fixture) {
      const query = `?q='"<>{}|^\`\\[]`;
      const got = await through(fixture, { query });
      expect(decodeURIComponent(got.target.slice(got.target.indexOf("?")))).toBe(query);
    },
  },
  {
    name: "a multipart upload arrives byte for byte",
    async run(fixture) {
      const part = Buffer.concat([
        Buffer.from('--b0\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'),
        randomBytes(70_000),
        Buffer.from("\r\n--b0--\r\n"),
      ]);
      const got = await through(fixture, {
        body: part,
        headers: [["content-type", "multipart/form-data; boundary=b0"]],
      });
      expect(got.header("content-type")).toBe("multipart/form-data; boundary=b0");
      expect(got.message.body.equals(part)).toBe(true);
    },
  },
  {
    name: "a chunked upload arrives whole",
    async run(fixture) {
      const got = await through(fixture, { chunks: ["one,", randomBytes(100_000), "three"] });
      expect(got.message.bodySize).toBe(100_009);
      expect(got.message.body.subarray(0, 4).toString()).toBe("one,");
    },
  },
  {
    name: "an empty chunked upload arrives empty",
    async run(fixture) {
      const got = await through(fixture, { method: "POST", chunks: [] });
      expect(got.message.bodySize).toBe(0);
    },
  },
  {
    name: "an upload of 9 MiB, too large to keep, arrives whole",
    async run(fixture) {
      const body = randomBytes(9 * 1024 * 1024);
      const got = await through(fixture, { body });
      expect(got.message.hash).toBe(createHash("sha256").update(body).digest("hex"));
    },
  },
  {
    name: "a chunked upload of 9 MiB arrives whole",
    async run(fixture) {
      const chunks = Array.from({ length: 9 }, () => randomBytes(1024 * 1024));
      const got = await through(fixture, { chunks });
      expect(got.message.hash).toBe(createHash("sha256").update(Buffer.concat(chunks)).digest("hex"));
    },
  },
  {
    name: "bodies of any size arrive whole one after the other on one connection",
    async run({ up, proxy, connect }) {
      const client = await connect(proxy.port("plain"));
      for (const size of [2_000, 1, 900, 16_000, 17_000, 60_000, 0, 2_000, 100_000, 5]) {
        const path = uniquePath();
        up.on(path, echo);
        const body = randomBytes(size);
        const answer = client.next();
        await client.send(requestBytes(path, { body }));
        expect((await answer.end(3_000)).status).toBe(200);
        expect((await up.request(path)).message.body.equals(body)).toBe(true);
      }
    },
  },
  {
    name: "an upload too large to keep goes out with its length",
    skip: STREAMED_UPLOADS_ARE_CHUNKED,
    async run(fixture) {
      const size = 9 * 1024 * 1024;
      const got = await through(fixture, { body: Buffer.alloc(size) });
      expect(got.all("content-length")).toEqual([String(size)]);
      expect(got.all("transfer-encoding")).toEqual([]);
    },
  },
  {
    name: "a kept body goes out with its length, also where it came in chunks",
    async run(fixture) {
      const got = await through(fixture, { chunks: ["one", "two"], suffix: "/v1/chat/completions" });
      expect([got.all("content-length"), got.all("transfer-encoding")]).toEqual([["6"], []]);
    },
  },
  {
    name: "an upload begins before it is whole where it is too large to keep",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, echo);
      const client = await connect(proxy.port("plain"));
      const answer = client.next({ keep: false });
      const size = 20 * 1024 * 1024;
      await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${size}\r\n\r\n`);
      const first = client.send(Buffer.alloc(12 * 1024 * 1024, 1));
      const got = await up.request(path);
      await first;
      expect(got.message.complete).toBe(false);
      await client.send(Buffer.alloc(8 * 1024 * 1024, 1));
      expect((await answer.end()).bodySize).toBe(size);
    },
  },
  {
    name: "Expect: 100-continue is answered, so that the client sends its body",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, echo);
      const client = await connect(proxy.port("plain"));
      const answer = client.next();
      await client.send(
        `POST ${path} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n`,
      );
      // The interim answer, before any byte of the body is sent.
      await expect.poll(() => client.received, { timeout: 2_000, interval: 10 }).toBeGreaterThan(0);
      await client.send("hello");
      const { interim, status, text } = await answer.end();
      expect([interim, status, text()]).toEqual([[100], 200, "hello"]);
    },
  },
  {
    name: "connections are reused on both sides",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, ok());
      const client = await connect(proxy.port("plain"));
      for (let i = 0; i < 5; i += 1) {
        const answer = client.next();
        await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi`);
        expect((await answer.end()).end).toBe("complete");
      }
      expect(new Set(up.requests(path).map(({ connection }) => connection)).size).toBe(1);
    },
  },
  {
    name: "pipelined requests are answered in order",
    skip: NO_PIPELINING,
    async run({ up, proxy, connect }) {
      const paths = [uniquePath(), uniquePath(), uniquePath()];
      for (const path of paths) up.on(path, ok(path));
      const client = await connect(proxy.port("plain"));
      const first = client.next();
      await client.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(""));
      const texts = [
        (await first.end()).json(),
        (await client.next().end()).json(),
        (await client.next().end()).json(),
      ];
      expect(texts).toEqual(paths);
    },
  },
];

contract("requests arrive as they were sent", setup, rows);
