import { expect } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { hasOpenssl, makeCertificates } from "../../support/certificates.ts";
import { startConnectProxy } from "../../support/connect-proxy.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import { answerBytes, type Behaviour, type FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { chunkBytes, request } from "../../support/raw-request.ts";
import { pause } from "../../support/wait.ts";

interface Fixture {
  readonly plain: FaultUpstream;
  readonly secure: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start, scope }: Kit): Promise<Fixture> {
  const certificates = makeCertificates();
  const plain = await upstream();
  const secure = await upstream({ tls: certificates });
  const outbound = await startConnectProxy("ann:p@ss");
  scope.defer(() => outbound.close());
  const via = `http_client: {proxy: {url: "http://ann:p%40ss@127.0.0.1:${outbound.port}"}}`;
  const groups: readonly (readonly [name: string, upstreams: string, more: string])[] = [
    ["direct", "{name: plain}", ""],
    ["tls", "{name: secure}", ""],
    ["tunnel", "{name: secure}", via],
    ["proxied", "{name: plain}", via],
    ["two", "{name: plain}, {name: other}", "balance: {strategy: failover}"],
  ];
  const yaml = `
http_server:
  forwards:
${groups.map(([name]) => `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${name}}`).join("\n")}
upstreams:
  - {name: plain, url: "${plain.url}"}
  - {name: other, url: "${plain.url}/other"}
  - {name: secure, url: "${secure.url}", tls: {ca: ca.crt}}
upstream_groups:
${groups.map(([name, upstreams, more]) => `  - {name: ${name}, upstreams: [${upstreams}]${more && `, ${more}`}}`).join("\n")}
`;
  return { plain, secure, proxy: await start(yaml, { files: { "ca.crt": certificates.ca } }) };
}

const KB = 1_000;
const MB = 1_000 * KB;

/** Up to 8 MiB are kept and sent from memory, more is streamed. */
const uploads = {
  "100 KB": [100 * KB, "length"],
  "300 KB": [300 * KB, "length"],
  "6 MB": [6 * MB, "length"],
  "20 MB": [20 * MB, "length"],
  "20 MB in chunks": [20 * MB, "chunks"],
} as const;
type Size = keyof typeof uploads;

const TEXT = JSON.stringify({ error: { message: "no", type: "x", code: null } });

const framings = {
  "a length": (status: number) => answerBytes(status, [], TEXT),
  chunks: (status: number) =>
    Buffer.concat([
      answerBytes(status, [["transfer-encoding", "chunked"]]),
      chunkBytes(TEXT),
      Buffer.from("0\r\n\r\n"),
    ]),
  "the connection's end": (status: number) => Buffer.from(`HTTP/1.1 ${status} Status\r\n\r\n${TEXT}`),
} as const;
type Framing = keyof typeof framings;

/** What an upstream does with an upload that it does not read. */
const ways = {
  // With unread bytes, a close is a reset.
  "answers and closes":
    (answer) =>
    async ({ socket }) => {
      socket.pause();
      await pause(20);
      socket.write(answer, () => socket.destroy());
    },
  "answers at the request's first bytes and closes":
    (answer) =>
    ({ socket }) => {
      socket.pause();
      socket.write(answer, () => socket.destroy());
    },
  "answers, ends, and then closes":
    (answer) =>
    async ({ socket }) => {
      socket.pause();
      socket.end(answer);
      await pause(20);
      socket.destroy();
    },
  "answers and ends":
    (answer) =>
    ({ socket }) => {
      socket.pause();
      socket.end(answer);
    },
  "answers and stays":
    (answer) =>
    async ({ socket }) => {
      socket.pause();
      await pause(20);
      socket.write(answer);
    },
} as const satisfies Record<string, (answer: Buffer) => Behaviour>;
type Way = keyof typeof ways;

const WAYS = Object.keys(ways) as Way[];
const FRAMINGS = Object.keys(framings) as Framing[];

interface Case {
  readonly forward: string;
  readonly size: Size;
  readonly way: Way;
  readonly framing: Framing;
  readonly status: number;
}

const usual = { forward: "direct", size: "6 MB", framing: "a length", status: 413 } as const;

/** A connection that stays open ends no answer, and one that took a whole upload is used again. */
const canEnd = ({ way, framing, size }: Case): boolean =>
  way !== "answers and stays" || (framing !== "the connection's end" && !size.endsWith("KB"));

const cases: readonly Case[] = [
  ...WAYS.flatMap((way) =>
    FRAMINGS.flatMap((framing) =>
      (["300 KB", "6 MB", "20 MB in chunks"] as const).map((size) => ({ ...usual, way, framing, size })),
    ),
  ),
  ...WAYS.flatMap((way) => (["100 KB", "20 MB"] as const).map((size) => ({ ...usual, way, size }))),
  ...WAYS.flatMap((way) => FRAMINGS.map((framing) => ({ ...usual, way, framing, forward: "tls" }))),
  ...(["tunnel", "proxied"] as const).flatMap((forward) =>
    (["answers and ends", "answers and stays"] as const).map((way) => ({ ...usual, way, forward })),
  ),
  ...[200, 400, 401, 429, 503].map((status) => ({ ...usual, way: "answers and closes" as const, status })),
].filter(canEnd);

const rows: readonly Row<Fixture & Kit>[] = [
  ...cases.map(
    ({ forward, size, way, framing, status }): Row<Fixture & Kit> => ({
      name: `the ${status} of an upstream that ${way}, ended by ${framing}, is the client's answer (${forward}, ${size})`,
      async run({ plain, secure, proxy }) {
        const path = uniquePath();
        const up = forward === "tls" || forward === "tunnel" ? secure : plain;
        up.on(path, ways[way](framings[framing](status)));
        const [length, sentIn] = uploads[size];
        const body = Buffer.alloc(length, "0123456789abcdef");
        const sent = sentIn === "length" ? { body } : { chunks: [body.subarray(0, MB), body.subarray(MB)] };
        const answer = await request(proxy.port(forward), path, { method: "POST", ...sent, deadline: 5_000 });
        expect([answer.status, answer.text(), answer.end]).toEqual([status, TEXT, "complete"]);
        expect(up.requests(path)).toHaveLength(1);
      },
    }),
  ),
  ...[429, 503].map(
    (status): Row<Fixture & Kit> => ({
      name: `a kept body moves on from an upstream that answers ${status} before it has read all, and closes`,
      async run({ plain, proxy }) {
        const path = uniquePath();
        plain.on(path, ways["answers and closes"](framings["a length"](status)));
        plain.on(`/other${path}`, ok());
        const body = Buffer.alloc(6 * MB, "0123456789abcdef");
        const answer = await request(proxy.port("two"), path, { body });
        expect([answer.status, answer.header("x-llmproxy-upstream")]).toEqual([200, "other"]);
        expect(plain.requests(`/other${path}`)[0]?.message.body.byteLength).toBe(body.byteLength);
      },
    }),
  ),
  {
    name: "an answer of 3 MB is passed on whole though its upstream reads nothing of the request",
    async run({ plain, proxy }) {
      const path = uniquePath();
      const text = Buffer.alloc(3 * MB, "fedcba9876543210");
      plain.on(path, ({ socket }) => {
        socket.pause();
        socket.end(answerBytes(413, [], text));
      });
      const body = Buffer.alloc(6 * MB);
      const answer = await request(proxy.port("direct"), path, { body });
      expect([answer.status, answer.body.equals(text)]).toEqual([413, true]);
    },
  },
];

contract("answers before the upload ends", setup, hasOpenssl() ? rows : []);
