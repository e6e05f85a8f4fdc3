/** Answers that nginx passes although they are not what the standard says, and what can't be passed on. */

import { expect } from "vitest";
import { ok, raw, rawThenFin, rawThenReset } from "../../support/behaviours.ts";
import { type BystanderFixture, besideAStream } from "../../support/bystander.ts";
import {
  contract,
  type Kit,
  type Row,
  type Skips,
  simpleConfig,
  uniquePath,
} from "../../support/contract.ts";
import { request } from "../../support/raw-request.ts";
import { BUN_REFUSES_ODD_ANSWERS } from "./lacks.ts";

type Fixture = Omit<BystanderFixture, "connect"> & Kit;

async function setup({ upstream, start }: Kit): Promise<Omit<BystanderFixture, "connect">> {
  const up = await upstream();
  up.otherwise(ok());
  return { up, proxy: await start(simpleConfig({ upstreams: [["only", up.url]] })) };
}

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;
const LENGTH = "content-length: 2\r\n\r\nok";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

/** Answers whose body is `ok`, and what a field `x-a` of theirs is then. */
const PASSED: readonly (readonly [name: string, text: string, skip?: Skips | undefined, field?: string])[] = [
  ["an unasked 100", `HTTP/1.1 100 Continue\r\n\r\n${OK}${LENGTH}`],
  [
    "several interim answers",
    `${"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nlink: </a>\r\n\r\n".repeat(3)}${OK}${LENGTH}`,
  ],
  ["a content-length given twice", `${OK}content-length: 2\r\nContent-Length: 2\r\n\r\nok`],
  ["a content-length that is a list", `${OK}content-length: 2, 2\r\n\r\nok`, BUN_REFUSES_ODD_ANSWERS],
  ["bare line feeds", "HTTP/1.1 200 OK\nx-a: b\ncontent-length: 2\n\nok", undefined, "b"],
  [
    "bare line feeds around chunks",
    "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n2\nok\n0\n\n",
    BUN_REFUSES_ODD_ANSWERS,
  ],
  ["spaces after sizes", `${CHUNKED}2  \r\nok\r\n0 \r\n\r\n`, BUN_REFUSES_ODD_ANSWERS],
  ["an extension", `${CHUNKED}2;a="b"\r\nok\r\n0\r\n\r\n`],
  [
    "extensions with spaces",
    `${CHUNKED}1 ; a = b\r\no\r\n1; x\r\nk\r\n0; y\r\n\r\n`,
    BUN_REFUSES_ODD_ANSWERS,
  ],
  ["control characters in a field", `${OK}x-a: a\x01b\r\n${LENGTH}`, BUN_REFUSES_ODD_ANSWERS, "a b"],
  [
    "control characters in a cookie",
    `${OK}set-cookie: a=\x02\r\nx-a: b\r\n${LENGTH}`,
    BUN_REFUSES_ODD_ANSWERS,
    "b",
  ],
  ["a folded field", `${OK}x-a: a\r\n b\r\n${LENGTH}`, BUN_REFUSES_ODD_ANSWERS, "a b"],
  ["200 fields", `${OK}${Array.from({ length: 200 }, (_, i) => `x-${i}: ${i}\r\n`).join("")}${LENGTH}`],
  ["a transfer coding with spaces", `${OK}transfer-encoding: \tchunked \t\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
  ["a transfer coding after none", `${OK}transfer-encoding: , identity, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
  ["no reason phrase", `HTTP/1.1 200\r\n${LENGTH}`],
];

/** Reason phrases with obs-text (RFC 9112 §4). */
const REASONS: readonly (readonly [name: string, reason: string])[] = [
  ["UTF-8", Buffer.from("Ungültig – ключ").toString("latin1")],
  ["Latin-1", "Ung\xfcltig"],
];

/** What can't be passed on, and how the message names it. */
const REFUSED: readonly (readonly [name: string, text: string, cause: RegExp])[] = [
  ["a status of 600", `HTTP/1.1 600 X\r\n${LENGTH}`, /status 600/],
  ["a status of four digits", `HTTP/1.1 1000 X\r\n${LENGTH}`, /passed on: /],
  ["a status that is none", `HTTP/1.1 abc X\r\n${LENGTH}`, /passed on: /],
  ["lengths that differ", `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nok`, /content-length/i],
  [
    "a length beside chunks",
    `${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    /content-length/i,
  ],
  [
    "a transfer coding that is not decoded",
    `${OK}transfer-encoding: gzip\r\n\r\nok`,
    /transfer-encoding "gzip"/,
  ],
  [
    "a transfer coding before chunks",
    `${OK}transfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    /transfer-encoding/i,
  ],
  ["a 101 that was not asked for", "HTTP/1.1 101 S\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", /101/],
  ["a field without a colon", `${OK}xyz\r\n${LENGTH}`, /passed on: /],
  ["a field whose name is no token", `${OK}x\xfc a: b\r\n${LENGTH}`, /passed on: /],
  ["a greeting of another protocol", "SSH-2.0-OpenSSH_9.2\r\n", /a head that is not HTTP/],
];

/** Answers that may reach the client in any form, but must not end another exchange. */
const BROKEN: readonly (readonly [name: string, text: string])[] = [
  ["a status of 099", `HTTP/1.1 099 X\r\n${LENGTH}`],
  ["control characters in the reason phrase", `HTTP/1.1 400 a\x01b\r\n${LENGTH}`],
  ["a size that is none", `${CHUNKED}zz\r\nok\r\n0\r\n\r\n`],
  ["data beyond their size", `${CHUNKED}2\r\nokay\r\n0\r\n\r\n`],
  ["bytes after the answer", `${OK}${LENGTH}garbage\x00\xff`],
  ["two answers", `${OK}${LENGTH}${OK}${LENGTH}`],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["interim answers and no other", "HTTP/1.1 100 Continue\r\n\r\n".repeat(50)],
];

const rows: readonly Row<Fixture>[] = [
  ...PASSED.map(
    ([name, text, skip, field]): Row<Fixture> => ({
      name: `${name} is passed on`,
      skip,
      run: (fixture) =>
        besideAStream(fixture, async () => {
          const path = uniquePath();
          fixture.up.on(path, raw(bytes(text)));
          for (let i = 0; i < 2; i += 1) {
            const answer = await request(fixture.proxy.port("main"), path);
            expect([answer.status, answer.end, answer.text()]).toEqual([200, "complete", "ok"]);
            if (field !== undefined) expect(answer.header("x-a")).toBe(field);
          }
        }),
    }),
  ),
  ...["identity", ""].map(
    (coding): Row<Fixture> => ({
      name: `a body to the end of its connection with the transfer coding ${JSON.stringify(coding)} is passed on, and cut where that is reset`,
      run: (fixture) =>
        besideAStream(fixture, async () => {
          const head = `${OK}transfer-encoding: ${coding}\r\n\r\n`;
          const path = uniquePath();
          fixture.up.on(path, rawThenFin(bytes(`${head}ok`)));
          const answer = await request(fixture.proxy.port("main"), path);
          expect([answer.status, answer.end, answer.text()]).toEqual([200, "complete", "ok"]);
          expect(answer.header("transfer-encoding") ?? "chunked").toBe("chunked");
          const broken = uniquePath();
          fixture.up.on(broken, rawThenReset(bytes(`${head}ok`)));
          const half = await request(fixture.proxy.port("main"), broken).catch(() => undefined);
          if (fixture.program === "node" || fixture.program === "deno")
            expect(half?.end).not.toBe("complete");
        }),
    }),
  ),
  ...REASONS.map(
    ([name, reason]): Row<Fixture> => ({
      name: `a status whose reason phrase is ${name} is passed on`,
      run: (fixture) =>
        besideAStream(fixture, async () => {
          const path = uniquePath();
          fixture.up.on(path, raw(bytes(`HTTP/1.1 400 ${reason}\r\n${LENGTH}`)));
          const answer = await request(fixture.proxy.port("main"), path);
          expect([answer.status, answer.end, answer.text()]).toEqual([400, "complete", "ok"]);
          // Others write the usual one: see docs/runtimes.md.
          if (fixture.program === "node") expect(answer.startLine).toBe(`HTTP/1.1 400 ${reason}`);
        }),
    }),
  ),
  ...REFUSED.map(
    ([name, text, cause]): Row<Fixture> => ({
      name: `${name} is a 502 that says so`,
      run: (fixture) =>
        besideAStream(fixture, async () => {
          const path = uniquePath();
          fixture.up.on(path, rawThenFin(bytes(text)));
          const answer = await request(fixture.proxy.port("main"), path);
          expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([502, "upstream_bad_response"]);
          const { error } = answer.json() as { error: { message: string } };
          expect(error.message).toMatch(/gave an answer that can't be passed on: /);
          expect(error.message).toMatch(cause);
          const { detail } = await fixture.proxy.logged((line) => line["path"] === path);
          expect(error.message).toContain(String(detail));
        }),
    }),
  ),
  ...BROKEN.map(
    ([name, text]): Row<Fixture> => ({
      name: `${name}: only that exchange is concerned`,
      run: (fixture) =>
        besideAStream(fixture, async () => {
          const path = uniquePath();
          fixture.up.on(path, rawThenFin(bytes(text)));
          const answer = await request(fixture.proxy.port("main"), path).catch(() => undefined);
          if (answer !== undefined) expect(answer.status).toBeGreaterThanOrEqual(200);
        }),
    }),
  ),
];

contract("odd answers", setup, rows);
