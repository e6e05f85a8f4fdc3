import { expect } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";
import { TAKES_BARE_LF, TAKES_NO_HOST } from "./lacks.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  up.otherwise(ok());
  return { up, proxy: await start(simpleConfig({ upstreams: [["only", up.url]] })) };
}

const malformed: readonly (readonly [name: string, bytes: string, skip?: Row<Fixture>["skip"]])[] = [
  ["a request line that is none", "HELLO\r\n\r\n"],
  ["bytes that are no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
  ["HTTP/1.1 without Host", "GET /malformed HTTP/1.1\r\n\r\n", TAKES_NO_HOST],
  ["two Hosts", "GET /malformed HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"],
  [
    "a length beside chunks",
    "POST /malformed HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  [
    "two lengths that differ",
    "POST /malformed HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
  ],
  ["a negative length", "POST /malformed HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n"],
  [
    "a length that is no number",
    "POST /malformed HTTP/1.1\r\nhost: a\r\ncontent-length: 1e1\r\n\r\nabcdefghij",
  ],
  [
    "a chunk size that is none",
    "POST /malformed HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
  ],
  [
    "a transfer coding that nobody knows",
    "POST /malformed HTTP/1.1\r\nhost: a\r\ntransfer-encoding: odd\r\n\r\nabc",
  ],
  [
    "a transfer coding under chunked",
    "POST /malformed HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
  ],
  [
    "a list of codings with a part that is empty",
    "POST /malformed HTTP/1.1\r\nhost: a\r\ntransfer-encoding: , chunked\r\n\r\n0\r\n\r\n",
  ],
  [
    "a transfer coding that is empty",
    "POST /malformed HTTP/1.1\r\nhost: a\r\ntransfer-encoding:\r\n\r\n0\r\n\r\n",
  ],
  [
    "chunks in HTTP/1.0",
    "POST /malformed HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["a Host with a path", "GET /malformed HTTP/1.1\r\nhost: a/b\r\n\r\n"],
  ["a Host with a query", "GET /malformed HTTP/1.1\r\nhost: a?b\r\n\r\n"],
  ["a Host with a user", "GET /malformed HTTP/1.1\r\nhost: user@a\r\n\r\n"],
  ["a Host with a port that is none", "GET /malformed HTTP/1.1\r\nhost: a:b\r\n\r\n"],
  ["a Host with a space", "GET /malformed HTTP/1.1\r\nhost: a b\r\n\r\n"],
  ["a Host in Latin-1", "GET /malformed HTTP/1.1\r\nhost: \xe9\r\n\r\n"],
  ["an empty Host", "GET /malformed HTTP/1.1\r\nhost:\r\n\r\n"],
  ["HTTP/2.0 in letters", "GET /malformed HTTP/2.0\r\nhost: a\r\n\r\n"],
  ["HTTP/0.9 in letters", "GET /malformed HTTP/0.9\r\nhost: a\r\n\r\n"],
  ["a space before the colon", "GET /malformed HTTP/1.1\r\nhost: a\r\nx-bad : 1\r\n\r\n"],
  ["a field without a name", "GET /malformed HTTP/1.1\r\nhost: a\r\n: 1\r\n\r\n"],
  ["a NUL in a value", "GET /malformed HTTP/1.1\r\nhost: a\r\nx-bad: a\0b\r\n\r\n"],
  ["a bare CR in a value", "GET /malformed HTTP/1.1\r\nhost: a\r\nx-bad: a\rb\r\n\r\n"],
  ["bare LF for a line's end", "GET /malformed HTTP/1.1\nhost: a\n\n", TAKES_BARE_LF],
  ["a version that nobody speaks", "GET /malformed HTTP/9.9\r\nhost: a\r\n\r\n"],
  ["a target without a slash", "GET malformed HTTP/1.1\r\nhost: a\r\n\r\n"],
];

const rows = malformed.map(
  ([name, bytes, skip]): Row<Fixture & Kit> => ({
    name: `${name} is refused and never reaches an upstream`,
    skip,
    async run({ up, proxy, connect }) {
      const seen = ["/malformed", "malformed"].flatMap((path) => up.requests(path)).length;
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      await client.send(Buffer.from(bytes, "latin1"));
      const status = await answer.end(3_000).then(
        (got) => got.status,
        () => (client.closed === undefined ? "open" : "closed"),
      );
      expect(
        typeof status === "number" ? status >= 400 && status < 506 : status === "closed",
        `got ${status}`,
      ).toBe(true);
      expect(["/malformed", "malformed"].flatMap((path) => up.requests(path)).length).toBe(seen);
      const path = uniquePath();
      up.on(path, ok());
      expect((await request(proxy.port("main"), path)).status).toBe(200);
    },
  }),
);

contract("malformed requests", setup, rows);
