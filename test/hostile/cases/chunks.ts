/** Chunks that are not quite chunks. */

import { type Case, passed, refused, refusedOrPassed, type Section } from "../case.ts";
import { mayBeUnanswered } from "../exceptions.ts";

const HEAD = "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
const ABC = 'POST /a "abc"';

const broken: readonly (readonly [name: string, body: string])[] = [
  ["a chunk size that is none", "xyz\r\nabc\r\n0\r\n\r\n"],
  ["a negative chunk size", "-3\r\nabc\r\n0\r\n\r\n"],
  ["a chunk size with a plus", "+3\r\nabc\r\n0\r\n\r\n"],
  ["a chunk size with 0x", "0x3\r\nabc\r\n0\r\n\r\n"],
  ["an empty chunk size", "\r\nabc\r\n0\r\n\r\n"],
  ["a chunk size with an underscore", "0_3\r\nabc\r\n0\r\n\r\n"],
  ["a chunk size beyond 64 bits", "10000000000000003\r\nabc\r\n0\r\n\r\n"],
  ["a chunk size that ends with a bare LF", "3\nabc\r\n0\r\n\r\n"],
  ["a chunk size that ends with a bare CR", "3\rabc\r\n0\r\n\r\n"],
  ["a chunk that ends with a bare LF", "3\r\nabc\n0\r\n\r\n"],
  ["a chunk longer than its size", "3\r\nabcde\r\n0\r\n\r\n"],
  ["a last chunk that ends with bare LFs", "3\r\nabc\r\n0\n\n"],
  ["a bare LF in a chunk extension", "3;a\nb\r\nabc\r\n0\r\n\r\n"],
  ["a bare CR in a chunk extension", "3;a\rb\r\nabc\r\n0\r\n\r\n"],
  ["a NUL in a chunk extension", "3;a\0b\r\nabc\r\n0\r\n\r\n"],
];

const cases: readonly Case[] = [
  ...broken.map(
    ([name, body]): Case => ({
      name,
      send: HEAD + body,
      allowed: refused(400, 408, 413, "closed"),
    }),
  ),
  {
    name: "a chunk size with a space before it",
    send: `${HEAD} 3\r\nabc\r\n0\r\n\r\n`,
    allowed: refused(),
    except: {
      deno: {
        why: "Deno's server takes a space before a chunk's size",
        advice: "Harmless: every server reads the same size or refuses it, and the body is framed afresh.",
        allowed: passed(ABC),
      },
    },
  },
  {
    name: "a chunk size with a space behind it",
    send: `${HEAD}3 \r\nabc\r\n0\r\n\r\n`,
    allowed: refusedOrPassed(ABC),
  },
  {
    name: "a chunk size with zeros",
    send: `${HEAD}0000003\r\nabc\r\n0\r\n\r\n`,
    allowed: refusedOrPassed(ABC),
  },
  {
    name: "a chunk extension",
    send: `${HEAD}3;name=value\r\nabc\r\n0\r\n\r\n`,
    allowed: refusedOrPassed(ABC),
  },
  {
    name: "a chunk extension with a quoted CRLF",
    send: `${HEAD}3;name="a\r\nbc\r\n0\r\n\r\n`,
    allowed: refused(400, "closed", 408),
  },
  {
    name: "a chunk extension of 100 KB",
    send: `${HEAD}3;${"x".repeat(100_000)}\r\nabc\r\n0\r\n\r\n`,
    allowed: { refused: [400, 408, 413, 431, "closed"], passed: [[ABC]] },
  },
  {
    name: "20,000 chunks of one byte",
    send: `${HEAD}${"1\r\na\r\n".repeat(20_000)}0\r\n\r\n`,
    allowed: passed(`POST /a ${JSON.stringify(`${"a".repeat(40)}… (20000)`)}`),
  },
  mayBeUnanswered({
    name: "a trailer",
    send: `${HEAD}3\r\nabc\r\n0\r\nx-note: 1\r\n\r\n`,
    field: "x-note",
    allowed: refusedOrPassed(`${ABC} x-note: -`),
  }),
  mayBeUnanswered({
    name: "a trailer that names a length, a host and a key",
    send: `${HEAD}3\r\nabc\r\n0\r\ncontent-length: 9\r\nhost: evil\r\nauthorization: evil\r\n\r\n`,
    field: "authorization",
    allowed: refusedOrPassed(`${ABC} authorization: -`),
  }),
  mayBeUnanswered({
    name: "a Trailer field",
    send: "POST /a HTTP/1.1\r\nhost: a\r\ntrailer: x-note\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-note: 1\r\n\r\n",
    field: "trailer",
    allowed: refusedOrPassed(`${ABC} trailer: -`),
  }),
  mayBeUnanswered({
    name: "a trailer with a bare LF",
    send: `${HEAD}3\r\nabc\r\n0\r\nx: a\nb: c\r\n\r\n`,
    allowed: refusedOrPassed(ABC),
  }),
  mayBeUnanswered({
    name: "a trailer of 1 MB",
    send: `${HEAD}3\r\nabc\r\n0\r\nx: ${"x".repeat(1_000_000)}\r\n\r\n`,
    allowed: { refused: [400, 408, 413, 431, "closed"], passed: [[ABC]] },
  }),
];

export const chunks: Section = { title: "Chunks and trailers", closes: true, cases };
