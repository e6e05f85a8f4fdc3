/** Requests of which two servers could say that they end in different places. */

import { type Case, type Exception, onBun, passed, refused, refusedOrPassed, type Section } from "../case.ts";
import { leftWaiting, mayBeUnanswered } from "../exceptions.ts";

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";

function post(fields: string, body: string, version = "1.1"): string {
  return `POST /a HTTP/${version}\r\nhost: a\r\n${fields}\r\n${body}`;
}

function chunked(coding: string, version?: string): string {
  return post(`${coding}\r\n`, "3\r\nabc\r\n0\r\n\r\n", version);
}

function bodyDropped(runtime: string): Exception {
  return {
    why: `${runtime}'s server does not show a body on GET`,
    advice: "Harmless: the body is read to its end and dropped, and the next request begins where it should.",
    allowed: passed("GET /a"),
  };
}

const lengths: readonly (readonly [name: string, fields: string])[] = [
  ["two lengths that differ", "content-length: 3\r\ncontent-length: 6\r\n"],
  ["two lengths that differ in one field", "content-length: 3, 6\r\n"],
  ["a negative length", "content-length: -3\r\n"],
  ["a length with a plus", "content-length: +3\r\n"],
  ["a hexadecimal length", "content-length: 0x3\r\n"],
  ["a length with an exponent", "content-length: 3e0\r\n"],
  ["a length with a fraction", "content-length: 3.0\r\n"],
  ["an empty length", "content-length:\r\n"],
  ["a length with a space inside", "content-length: 3 0\r\n"],
  ["a length with an underscore", "content-length: 3_0\r\n"],
  ["a length beyond 64 bits", "content-length: 18446744073709551619\r\n"],
  ["a length in other digits", "content-length: \xd9\xa3\r\n"],
];

const codings: readonly (readonly [name: string, field: string])[] = [
  ["a coding that nobody knows", "transfer-encoding: odd"],
  ["chunked that is not last", "transfer-encoding: chunked, gzip"],
  ["chunked twice in one field", "transfer-encoding: chunked, chunked"],
  ["chunked twice", "transfer-encoding: chunked\r\ntransfer-encoding: chunked"],
  ["chunked, then identity", "transfer-encoding: chunked\r\ntransfer-encoding: identity"],
  ["identity", "transfer-encoding: identity"],
  ["xchunked", "transfer-encoding: xchunked"],
  ["chunked in quotes", 'transfer-encoding: "chunked"'],
  ["chunked with a parameter", "transfer-encoding: chunked;q=1"],
  ["chunked behind a vertical tab", "transfer-encoding: \x0bchunked"],
  ["an empty coding", "transfer-encoding:"],
  ["a comma before chunked", "transfer-encoding: , chunked"],
];

const both: readonly (readonly [name: string, fields: string])[] = [
  ["a length, then chunked", "content-length: 3\r\ntransfer-encoding: chunked\r\n"],
  ["chunked, then a length", "transfer-encoding: chunked\r\ncontent-length: 3\r\n"],
  ["a length and a coding that nobody knows", "content-length: 3\r\ntransfer-encoding: odd\r\n"],
  ["a length and identity", "content-length: 3\r\ntransfer-encoding: identity\r\n"],
  ["a length of 0 and chunked", "content-length: 0\r\ntransfer-encoding: chunked\r\n"],
];

const cases: readonly Case[] = [
  ...both.map(
    ([name, fields]): Case => ({
      name,
      send: post(fields, `0\r\n\r\n${SMUGGLED}`),
      allowed: refused(400, 501, "closed"),
    }),
  ),
  ...lengths.map(
    ([name, fields]): Case => ({
      name,
      send: post(fields, "abc"),
      allowed: refused(400, 413, "closed"),
    }),
  ),
  {
    name: "a length beyond 2^53",
    patience: 12_000,
    slow: true,
    send: post("content-length: 9007199254740995\r\n", "abc"),
    allowed: refused(400, 413, "closed"),
    except: { deno: leftWaiting("Deno") },
  },
  {
    name: "the same length twice",
    send: post("content-length: 3\r\ncontent-length: 3\r\n", "abc"),
    allowed: refusedOrPassed('POST /a "abc"'),
  },
  {
    name: "the same length twice in one field",
    send: post("content-length: 3, 3\r\n", "abc"),
    allowed: refusedOrPassed('POST /a "abc"'),
  },
  {
    name: "a length with zeros before it",
    send: post("content-length: 0000000003\r\n", "abc"),
    allowed: refusedOrPassed('POST /a "abc"'),
  },
  ...codings.map(
    ([name, field]): Case => ({
      name,
      send: chunked(field),
      allowed: refused(400, 501, "closed"),
    }),
  ),
  {
    name: "gzip, then chunked",
    send: chunked("transfer-encoding: gzip, chunked"),
    // Where it ends is clear: chunked is last.
    allowed: { refused: [400, 501, "closed"], kept: true },
  },
  {
    name: "Chunked in capitals",
    send: chunked("Transfer-Encoding: CHUNKED"),
    allowed: passed('POST /a "abc"'),
  },
  {
    name: "chunked in HTTP/1.0",
    send: chunked("transfer-encoding: chunked", "1.0"),
    allowed: refused(400, 501, "closed"),
  },
  {
    name: "an empty coding with a request behind it",
    send: post("transfer-encoding:\r\n", SMUGGLED),
    allowed: refused(400, 501, "closed"),
  },
  {
    name: "chunked in HTTP/1.0 with a request behind it",
    send: post("transfer-encoding: chunked\r\n", `0\r\n\r\n${SMUGGLED}`, "1.0"),
    allowed: refused(400, 501, "closed"),
  },
  {
    name: "a body on GET with a request in it",
    send: `GET /a HTTP/1.1\r\nhost: a\r\ncontent-length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    allowed: refusedOrPassed(`GET /a ${JSON.stringify(SMUGGLED)}`),
    except: { ...onBun(bodyDropped("Bun")), deno: bodyDropped("Deno") },
  },
  {
    name: "a length named in Connection",
    send: post("content-length: 3\r\nconnection: content-length\r\n", "abc"),
    allowed: refusedOrPassed('POST /a "abc"'),
  },
  {
    name: "a coding named in Connection",
    send: chunked("transfer-encoding: chunked\r\nconnection: transfer-encoding"),
    allowed: refusedOrPassed('POST /a "abc"'),
  },
  mayBeUnanswered({
    name: "bytes behind a body",
    send: post("content-length: 3\r\n", "abc\0\0junk\r\n\r\n"),
    answers: 2,
    allowed: { refused: [400, "closed"], passed: [['POST /a "abc"']] },
  }),
];

export const framing: Section = { title: "Length and coding", closes: true, cases };
