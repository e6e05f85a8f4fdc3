/** Heads whose lines are not quite lines. */

import { type Case, passed, refused, refusedOrPassed, type Section } from "../case.ts";
import { BARE_LF } from "../exceptions.ts";

function get(fields: string): string {
  return `GET /a HTTP/1.1\r\nhost: a\r\n${fields}\r\n`;
}

const broken: readonly (readonly [name: string, bytes: string])[] = [
  ["a bare CR in a value", get("x-note: a\rx-other: b\r\n")],
  ["a bare CR for every line's end", "GET /a HTTP/1.1\rhost: a\r\r"],
  ["CR CR LF", get("x-note: a\r\r\n")],
  ["a NUL in a value", get("x-note: a\0b\r\n")],
  ["a NUL in a name", get("x-no\0te: a\r\n")],
  ["a NUL in the target", "GET /a\0b HTTP/1.1\r\nhost: a\r\n\r\n"],
  ["a control character in a value", get("x-note: a\x01b\r\n")],
  ["a space before a colon", get("x-note : a\r\n")],
  ["a space before the colon of a length", "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length : 3\r\n\r\nabc"],
  [
    "a tab before the colon of a coding",
    "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding\t: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["a field without a name", get(": a\r\n")],
  ["a field without a colon", get("x-note\r\n")],
  ["a name with a slash", get("x/note: a\r\n")],
  ["a name in Latin-1", get("x-n\xf6te: a\r\n")],
  ["a space before the first field", "GET /a HTTP/1.1\r\n host: a\r\n\r\n"],
  ["no request line", "\r\n\r\nhost: a\r\n\r\n"],
  ["a space in the target", "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n"],
  ["a space before the method", " GET /a HTTP/1.1\r\nhost: a\r\n\r\n"],
  ["a method that is no token", "G(T /a HTTP/1.1\r\nhost: a\r\n\r\n"],
  ["a lower case version", "GET /a http/1.1\r\nhost: a\r\n\r\n"],
  ["a version without a number", "GET /a HTTP/\r\nhost: a\r\n\r\n"],
  ["HTTP/9.9", "GET /a HTTP/9.9\r\nhost: a\r\n\r\n"],
  ["HTTP/2.0 in letters", "GET /a HTTP/2.0\r\nhost: a\r\n\r\n"],
  ["HTTP/0.9 in letters", "GET /a HTTP/0.9\r\nhost: a\r\n\r\n"],
  ["HTTP/1.10", "GET /a HTTP/1.10\r\nhost: a\r\n\r\n"],
  ["bytes that are no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
  ["HTTP/0.9", "GET /a\r\n\r\n"],
];

/** Bare LFs, and what comes of them where they end lines. */
const bareLf: readonly (readonly [name: string, bytes: string, taken: string])[] = [
  ["a bare LF after a field", get("x-note: a\nx-other: b\r\n"), "GET /a"],
  [
    "a bare LF before a coding",
    "POST /a HTTP/1.1\r\nhost: a\r\nx: a\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /a",
  ],
  ["bare LFs only", "GET /a HTTP/1.1\nhost: a\n\n", "GET /a"],
  ["a bare LF at the head's end", "GET /a HTTP/1.1\r\nhost: a\r\n\n", "GET /a"],
];

const cases: readonly Case[] = [
  ...bareLf.map(
    ([name, send, taken]): Case => ({
      name,
      send,
      allowed: refused(400, 505, "closed"),
      except: { deno: { ...BARE_LF, allowed: passed(taken) } },
    }),
  ),
  ...broken.map(([name, send]): Case => ({ name, send, allowed: refused(400, 505, "closed") })),
  {
    name: "DEL in a value",
    send: get("x-note: a\x7fb\r\n"),
    field: "x-note",
    // No server takes it for anything but a part of the value (RFC 9110 §5.5).
    allowed: refusedOrPassed("GET /a x-note: a\x7fb"),
  },
  {
    name: "two spaces in the request line",
    send: "GET  /a HTTP/1.1\r\nhost: a\r\n\r\n",
    // Servers may read it by its words (RFC 9112 §3).
    allowed: refusedOrPassed("GET /a"),
  },
  {
    name: "tabs in the request line",
    send: "GET\t/a\tHTTP/1.1\r\nhost: a\r\n\r\n",
    allowed: { refused: [400, 505, "closed"], passed: [["GET /a"]] },
  },
  {
    name: "obs-fold",
    send: get("x-note: a\r\n b\r\n"),
    field: "x-note",
    allowed: refusedOrPassed("GET /a x-note: a b"),
  },
  {
    name: "obs-fold in a coding",
    send: "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding:\r\n chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    allowed: refusedOrPassed('POST /a "abc"'),
  },
  {
    name: "obs-fold in a length",
    send: "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length:\r\n 3\r\n\r\nabc",
    allowed: refusedOrPassed('POST /a "abc"'),
  },
  {
    name: "empty lines before a request",
    send: `\r\n\r\n${get("")}`,
    allowed: refusedOrPassed("GET /a"),
  },
  {
    name: "HTTP/1.0",
    send: "GET /a HTTP/1.0\r\nhost: a\r\n\r\n",
    allowed: passed("GET /a"),
  },
  {
    name: "HTTP/1.0 without Host",
    send: "GET /a HTTP/1.0\r\n\r\n",
    allowed: refusedOrPassed("GET /a"),
  },
  {
    name: "HTTP/1.2",
    send: "GET /a HTTP/1.2\r\nhost: a\r\n\r\n",
    allowed: { refused: [400, 505, "closed"], passed: [["GET /a"]] },
  },
  {
    name: "Latin-1 in a value",
    send: get("x-note: caf\xe9\r\n"),
    field: "x-note",
    allowed: refusedOrPassed("GET /a x-note: caf\xe9"),
  },
  {
    name: "a name of every token character",
    send: get("!#$%&'*+-.^_`|~09az: a\r\n"),
    field: "!#$%&'*+-.^_`|~09az",
    allowed: refusedOrPassed("GET /a !#$%&'*+-.^_`|~09az: a"),
  },
  {
    name: "__proto__ and constructor as names",
    send: get("__proto__: a\r\nconstructor: b\r\n"),
    field: "__proto__",
    allowed: refusedOrPassed("GET /a __proto__: a"),
  },
];

export const heads: Section = { title: "Lines and fields", closes: true, cases };
