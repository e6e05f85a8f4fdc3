/** Connections that are to be more than a request and its answer, and values that are copied from one side to another. */

import { type Case, passed, refused, refusedOrPassed, type Section } from "../case.ts";
import { mayBeUnanswered } from "../exceptions.ts";

function get(fields: string, target = "/a"): string {
  return `GET ${target} HTTP/1.1\r\nhost: a\r\n${fields}\r\n`;
}

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS = "\0\0\0\x04\0\0\0\0\0";

const upgrades: readonly Case[] = [
  {
    name: "h2c",
    send: get(
      "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
    ),
    field: "upgrade",
    allowed: refusedOrPassed("GET /a upgrade: -"),
  },
  {
    name: "h2c that Connection does not name",
    send: get("upgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"),
    field: "upgrade",
    allowed: refusedOrPassed("GET /a upgrade: -"),
  },
  mayBeUnanswered({
    name: "h2c with a body and a preface behind it",
    send: `POST /a HTTP/1.1\r\nhost: a\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\ncontent-length: 3\r\n\r\nabc${PREFACE}`,
    answers: 2,
    allowed: { refused: [400, 501, 505, "closed"], passed: [['POST /a "abc"']] },
  }),
  {
    name: "an upgrade to junk",
    send: get("connection: upgrade\r\nupgrade: junk/9\r\n"),
    field: "upgrade",
    allowed: refusedOrPassed("GET /a upgrade: -"),
  },
  {
    name: "an upgrade to junk with a body",
    send: "POST /a HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: junk\r\ncontent-length: 3\r\n\r\nabc",
    allowed: refusedOrPassed('POST /a "abc"'),
  },
  mayBeUnanswered({
    name: "an upgrade to junk with a request behind it",
    send: get("connection: upgrade\r\nupgrade: junk\r\n", "/1") + get("", "/2"),
    answers: 2,
    allowed: { refused: [400, "closed"], passed: [["GET /1", "GET /2"], ["GET /1"]] },
  }),
  {
    name: "an upgrade to TLS",
    send: get("connection: upgrade\r\nupgrade: TLS/1.2\r\n"),
    allowed: refusedOrPassed("GET /a"),
  },
  {
    name: "HTTP/2 with prior knowledge",
    send: PREFACE + SETTINGS,
    patience: 2_000,
    allowed: refused(400, 405, 501, 505, "closed"),
    except: {
      deno: {
        why: "Deno's server speaks HTTP/2 with prior knowledge",
        advice: "Harmless: it is HTTP/2 then, from the first byte on, with the same checks.",
        allowed: { refused: ["closed"], open: true },
      },
    },
  },
];

const pipelined: readonly Case[] = [
  mayBeUnanswered({
    name: "three requests at once",
    send: get("", "/1") + get("", "/2") + get("", "/3"),
    answers: 3,
    allowed: { refused: ["closed"], passed: [["GET /1", "GET /2", "GET /3"]] },
  }),
  mayBeUnanswered({
    name: "a POST and a GET at once",
    send: `POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc${get("", "/2")}`,
    answers: 2,
    allowed: { refused: ["closed"], passed: [['POST /1 "abc"', "GET /2"]] },
  }),
  mayBeUnanswered({
    name: "a request behind connection: close",
    send: get("connection: close\r\n", "/1") + get("", "/2"),
    answers: 2,
    allowed: { refused: ["closed"], passed: [["GET /1"]] },
  }),
  {
    name: "a request behind a refused one",
    send: `GET /1 HTTP/1.1\r\nhost: a\r\nx : 1\r\n\r\n${get("", "/2")}`,
    allowed: refused(400, "closed"),
  },
  mayBeUnanswered({
    name: "100 requests at once",
    send: get("", "/a").repeat(100),
    answers: 100,
    allowed: { refused: ["closed"], passed: [Array.from({ length: 100 }, () => "GET /a")] },
  }),
];

const expectations: readonly Case[] = [
  {
    name: "Expect: 100-continue",
    send: "POST /a HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\nabc",
    field: "expect",
    allowed: { refused: [417], passed: [['POST /a "abc" expect: -']] },
  },
  {
    name: "Expect: 100-continue, and no body",
    patience: 12_000,
    slow: true,
    send: "POST /a HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n",
    allowed: refused(408, 417, "closed"),
  },
  {
    name: "an expectation that nobody knows",
    send: get("expect: the-unexpected\r\n"),
    field: "expect",
    allowed: { refused: [400, 417, "closed"], passed: [["GET /a expect: -"]] },
  },
  {
    name: "a Range of 1,000 parts",
    send: get(`range: bytes=${"0-,".repeat(999)}0-\r\n`),
    allowed: passed("GET /a"),
  },
  {
    name: "a broken Range",
    send: get("range: bytes=9-1,-,x\r\n"),
    field: "range",
    allowed: passed("GET /a range: bytes=9-1,-,x"),
  },
];

const copied: readonly Case[] = [
  {
    name: "a request id with CRLF, encoded",
    send: get("x-request-id: a%0d%0ax-note: 1\r\n"),
    field: "x-note",
    allowed: passed("GET /a x-note: -"),
  },
  {
    name: "a request id of 10,000 letters",
    send: get(`x-request-id: ${"i".repeat(8_000)}\r\n`),
    field: "x-note",
    allowed: passed("GET /a x-note: -"),
  },
  {
    name: "a field that a header rule replaces, twice",
    send: get("x-team: theirs\r\nX-Team: theirs\r\n"),
    field: "x-team",
    allowed: passed("GET /a x-team: ours"),
  },
  {
    name: "a field that a header rule sets, named in Connection",
    send: get("connection: x-team, x-forwarded-for, x-request-id, host, authorization\r\n"),
    field: "x-team",
    allowed: passed("GET /a x-team: ours"),
  },
  {
    name: "the name of a header rule with an underscore",
    send: get("x_team: theirs\r\n"),
    field: "x-team",
    allowed: refusedOrPassed("GET /a x-team: ours"),
  },
  {
    name: "forwarding fields of a client that is not trusted",
    send: get("x-forwarded-for: 6.6.6.6\r\nforwarded: for=6.6.6.6\r\nx-forwarded-host: evil\r\n"),
    field: "x-forwarded-for",
    allowed: passed("GET /a x-forwarded-for: 127.0.0.1"),
  },
];

export const connections: Section = {
  title: "Pipelining, upgrades and expectations",
  closes: false,
  cases: [...pipelined, ...upgrades, ...expectations],
};

export const values: Section = { title: "Values that are copied", closes: false, cases: copied };
