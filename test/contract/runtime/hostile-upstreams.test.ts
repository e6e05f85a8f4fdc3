/** Upstreams that mean harm: the client gets a clear error or the bytes as they came, and the process lives on. */

import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { drained, ok, raw } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { Behaviour, FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import type { Answer } from "../../support/raw-answer.ts";
import { type RequestOptions, request } from "../../support/raw-request.ts";
import { pause } from "../../support/wait.ts";

interface Fixture {
  readonly up: FaultUpstream;
  /** What no request is for. */
  readonly internal: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const internal = await upstream();
  const yaml = `
http_server:
  forwards:
    - {name: main, port: 0, address: 127.0.0.1, upstream_group: pool}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
  - {name: up, url: "${up.url}"}
upstream_groups:
  - name: pool
    upstreams: [{name: up}]
    http_client: {timeout: {request: 1, stall: 1}}
`;
  return { up, internal, proxy: await start(yaml) };
}

const MIB = 1024 * 1024;
const ENDLESS = 128 * MIB;

/** These bytes, then a piece again and again, as fast as the proxy takes it, until it has enough. */
function endless(first: string, piece: string, headFirst = ""): Behaviour {
  const block = Buffer.from(piece.repeat(Math.ceil(16_384 / piece.length)), "latin1");
  return async ({ body, socket, write }) => {
    await body();
    if (headFirst !== "") {
      write(headFirst);
      // So that there is an answer before there is what breaks it.
      await pause(50);
    }
    write(first);
    for (let sent = 0; sent < ENDLESS && !socket.destroyed; sent += block.length) {
      if (!socket.write(block)) await drained({ socket });
    }
  };
}

interface Seen {
  readonly answer: Answer;
  /** MiB by which the program grew meanwhile. */
  readonly grown: number;
  /** The log's words for it. */
  readonly reason: unknown;
}

async function ask(
  { up, proxy }: Fixture,
  behaviour: Behaviour,
  options: RequestOptions = {},
): Promise<Seen> {
  const path = uniquePath();
  up.on(path, behaviour);
  const before = proxy.residentBytes();
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, proxy.residentBytes());
  }, 20);
  const answer = await request(proxy.port("main"), path, { deadline: 15_000, ...options }).finally(() =>
    clearInterval(sampling),
  );
  const line = await proxy.logged((one) => one["path"] === path);
  return { answer, grown: (most - before) / MIB, reason: line["reason"] };
}

/** The next request, whoever's it is, gets its own answer. */
async function expectAlive({ up, proxy }: Fixture): Promise<void> {
  const path = uniquePath();
  up.on(path, ok({ mine: path }));
  const answer = await request(proxy.port("main"), path);
  expect([answer.status, answer.json()]).toEqual([200, { mine: path }]);
}

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n`;

/** What has no end before there is an answer. */
const heads: readonly (readonly [name: string, behaviour: Behaviour])[] = [
  ["header fields", endless(OK, `x-y: ${"z".repeat(1_000)}\r\n`)],
  ["small header fields", endless(OK, "x: y\r\n")],
  ["a header field's value", endless(`${OK}x-y: `, "z")],
  ["a header field's name", endless(OK, "z")],
  ["a status line", endless("HTTP/1.1 200 ", "O")],
  ["1xx answers", endless("", "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")],
];

/** What has no end after the head, without ever being a body. */
const tails: readonly (readonly [name: string, behaviour: Behaviour])[] = [
  ["a chunk's size", endless("", "0", CHUNKED)],
  ["a chunk's extension", endless("2;x=", "y", CHUNKED)],
  ["trailers", endless("0\r\n", "x-y: z\r\n", CHUNKED)],
];

/** Ways to say more than the answer has room for. */
const POISON = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison";
const surplus: readonly (readonly [name: string, head: string, options?: RequestOptions])[] = [
  ["behind its length", `${OK}content-length: 2\r\n\r\nhi`],
  ["behind its last chunk", `${OK}transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`],
  ["behind a 204", "HTTP/1.1 204 No Content\r\n\r\n"],
  ["behind a 304", "HTTP/1.1 304 Not Modified\r\ncontent-length: 6\r\n\r\n"],
  ["behind the answer to a HEAD", `${OK}content-length: 6\r\n\r\n`, { method: "HEAD" }],
];

const lies: readonly (readonly [name: string, fields: string])[] = [
  ["no number", "content-length: 0x2\r\n"],
  ["negative", "content-length: -2\r\n"],
  ["larger than any number", "content-length: 99999999999999999999999\r\n"],
  ["two that differ", "content-length: 2\r\ncontent-length: 20\r\n"],
];

const injections: readonly (readonly [name: string, field: string])[] = [
  ["a bare CR", "x-a: b\rx-injected: 1\r\n"],
  ["a NUL", "x-a: b\0x-injected: 1\r\n"],
  ["a folded line", "x-a: b\r\n x-injected: 1\r\n"],
  ["a space before its colon", "x-injected : 1\r\n"],
  ["no name", ": x-injected\r\n"],
];

/** By how much a program may grow (MiB) while it is sent all of these at once: one that keeps any grows by more. */
const MAX_GROWTH = 120;
/** Deno's fetch reads on as fast as it can, and needs more for it: 220 MiB for 2 GiB of zeros. */
const MAX_GROWTH_DENO = 400;

function expectBounded({ program }: Kit, grown: number): void {
  expect(grown).toBeLessThan(program === "deno" ? MAX_GROWTH_DENO : MAX_GROWTH);
}

/** Bun's fetch may lose a head that arrives together with what breaks its body: then the client gets none, visibly. */
function unlessNoAnswer(error: unknown): undefined {
  if (!String(error).includes("no answer: the connection ended")) throw error;
}

const endlessRows: readonly Row<Fixture & Kit>[] = [
  ...heads.map(
    ([name, behaviour]): Row<Fixture & Kit> => ({
      name: `an answer with ${name} without end is an error whose log says why, and nothing of it is kept`,
      async run(fixture) {
        const { answer, grown, reason } = await ask(fixture, behaviour);
        expect([502, 504]).toContain(answer.status);
        expect(answer.header("x-llmproxy-error")).toMatch(/^upstream_(bad_response|reset|timeout)$/);
        expect(reason).toMatch(/^(bad_response|reset|request_timeout)$/);
        expectBounded(fixture, grown);
        await expectAlive(fixture);
      },
    }),
  ),
  ...tails.map(
    ([name, behaviour]): Row<Fixture & Kit> => ({
      name: `an answer with ${name} without end is cut, or an error where nothing has left, and nothing of that is kept`,
      async run(fixture) {
        const seen = await ask(fixture, behaviour).catch(unlessNoAnswer);
        if (seen === undefined) return expectAlive(fixture);
        const { answer, grown } = seen;
        const isError = answer.header("x-llmproxy-error") !== undefined;
        const text = isError ? `${answer.status}` : answer.text();
        expect(answer.end === "complete" ? text : answer.end).toMatch(/^(cut|reset|hi|502|504)$/);
        expectBounded(fixture, grown);
        await expectAlive(fixture);
      },
    }),
  ),
];

const rows: readonly Row<Fixture & Kit>[] = [
  ...surplus.map(
    ([name, head, options]): Row<Fixture & Kit> => ({
      name: `bytes ${name} are nobody's answer`,
      async run(fixture) {
        const { answer } = await ask(fixture, raw(head + POISON), options);
        expect(answer.text()).not.toContain("poison");
        for (let i = 0; i < 3; i += 1) await expectAlive(fixture);
      },
    }),
  ),
  ...lies.map(
    ([name, fields]): Row<Fixture & Kit> => ({
      name: `a length that is ${name} is an error or a cut`,
      async run(fixture) {
        const { answer } = await ask(fixture, raw(`${OK}${fields}\r\nhi`));
        expect(answer.status === 200 ? answer.end : answer.header("x-llmproxy-error")).toMatch(
          /^(upstream_bad_response|upstream_reset|cut|reset)$/,
        );
        await expectAlive(fixture);
      },
    }),
  ),
  ...injections.map(
    ([name, field]): Row<Fixture & Kit> => ({
      name: `a header field with ${name} is an error, or reaches the client as one field`,
      async run(fixture) {
        const { answer } = await ask(fixture, raw(`${OK}${field}content-length: 2\r\n\r\nhi`));
        if (answer.status === 502)
          expect(answer.header("x-llmproxy-error")).toMatch(/^upstream_(bad_response|reset)$/);
        else expect([answer.status, answer.text()]).toEqual([200, "hi"]);
        expect(answer.all("x-injected")).toEqual([]);
        for (const [, value] of answer.headers) expect(value).not.toMatch(/[\r\n\0]/);
        await expectAlive(fixture);
      },
    }),
  ),
  {
    name: "fields of the proxy's own are not the upstream's to say",
    async run(fixture) {
      const own = ["upstream", "attempts", "request-id", "trace"].map(
        (name) => `x-llmproxy-${name}: evil\r\n`,
      );
      const { answer } = await ask(fixture, raw(`${OK}${own.join("")}content-length: 2\r\n\r\nhi`));
      expect(answer.header("x-llmproxy-upstream")).toBe("up");
      expect(answer.header("x-llmproxy-attempts")).toBe("1");
      expect(answer.header("x-llmproxy-request-id")).not.toBe("evil");
      expect(answer.all("x-llmproxy-trace")).toEqual([]);
    },
  },
  {
    name: "a redirect to an internal address is passed on and not followed",
    async run(fixture) {
      const { internal } = fixture;
      for (const status of [301, 302, 303, 307, 308]) {
        const location = `${internal.url}/latest/meta-data`;
        const behaviour = raw(
          `HTTP/1.1 ${status} Go\r\nlocation: ${location}\r\nrefresh: 0; url=${location}\r\ncontent-length: 0\r\n\r\n`,
        );
        const { answer } = await ask(fixture, behaviour, { body: "{}" });
        expect([answer.status, answer.header("location")]).toEqual([status, location]);
      }
      expect(internal.connections).toBe(0);
    },
  },
  {
    name: "a compressed bomb in a compressed bomb is never whole in memory",
    async run(fixture) {
      const inner = gzipSync(Buffer.alloc(128 * MIB));
      const bomb = gzipSync(inner);
      const head = `${OK}content-type: text/event-stream\r\ncontent-encoding: gzip, gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`;
      const behaviour: Behaviour = async ({ body, write }) => {
        await body();
        write(head);
        write(bomb);
      };
      const { answer, grown } = await ask(fixture, behaviour, { body: '{"stream":true}', keep: false });
      expect([answer.status, answer.end]).toEqual([200, "complete"]);
      expect(grown).toBeLessThan(64);
      await expectAlive(fixture);
    },
  },
];

contract("upstreams without end", setup, endlessRows, { concurrent: true });
contract("upstreams that mean harm", setup, rows);
