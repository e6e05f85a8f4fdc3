/** Too much, too slow, or without an end. */

import { drained } from "../../support/behaviours.ts";
import type { RawConnection } from "../../support/raw-client.ts";
import { pause } from "../../support/wait.ts";
import { type Case, onBun, refused, type Section } from "../case.ts";
import { leftWaiting, mayBeUnanswered } from "../exceptions.ts";

const HEAD = "GET /a HTTP/1.1\r\nhost: a\r\n";
/** What a client that does not stop is given (bytes). */
const ENDLESS = 8 * 1024 * 1024;

/** Sends `bytes` over and over until the proxy closes, at most {@link ENDLESS}. */
function flood(start: string, bytes: string): (connection: RawConnection) => Promise<void> {
  return async (connection) => {
    const block = Buffer.from(bytes.repeat(Math.ceil(16_384 / bytes.length)), "latin1");
    await connection.send(Buffer.from(start, "latin1"));
    const { socket } = connection;
    for (let sent = 0; sent < ENDLESS && connection.closed === undefined; sent += block.length) {
      if (!socket.write(block)) await drained({ socket });
    }
  };
}

/** Sends `start`, then a byte every `gap` ms while the connection stands, for at most `ms`. */
function drip(start: string, ms: number, gap = 100): (connection: RawConnection) => Promise<void> {
  return async (connection) => {
    await connection.send(Buffer.from(start, "latin1"));
    for (let gone = 0; gone < ms && connection.closed === undefined; gone += gap) {
      await pause(gap);
      await connection.send("x");
    }
  };
}

const TOO_LARGE = refused(400, 408, 413, 414, 431, "closed");
const LATE = refused(408, "closed");

const NO_LIMIT = {
  why: "Deno's server has no time limit for a request's head",
  advice:
    "Each such connection costs a descriptor and a few KB until the client leaves. Put nginx or HAProxy in front where clients are not trusted.",
  allowed: { refused: [408, "closed"], open: true },
} as const;

const cases: readonly Case[] = [
  {
    name: "10,000 fields",
    send: `${HEAD}${Array.from({ length: 10_000 }, (_, i) => `x-${i}: 1\r\n`).join("")}\r\n`,
    allowed: TOO_LARGE,
  },
  {
    name: "the same field 10,000 times",
    send: `${HEAD}${"x-note: 1\r\n".repeat(10_000)}\r\n`,
    allowed: TOO_LARGE,
  },
  { name: "a field of 1 MB", send: `${HEAD}x-note: ${"x".repeat(1_000_000)}\r\n\r\n`, allowed: TOO_LARGE },
  { name: "a name of 1 MB", send: `${HEAD}${"x".repeat(1_000_000)}: 1\r\n\r\n`, allowed: TOO_LARGE },
  { name: "a target without an end", send: flood("GET /", "p"), allowed: TOO_LARGE },
  { name: "a method without an end", send: flood("", "G"), allowed: TOO_LARGE },
  { name: "a field without an end", send: flood(`${HEAD}x-note: `, "x"), allowed: TOO_LARGE },
  { name: "fields without an end", send: flood(HEAD, "x-note: 1\r\n"), allowed: TOO_LARGE },
  {
    name: "empty lines without an end",
    slow: true,
    send: flood("", "\r\n"),
    allowed: TOO_LARGE,
  },
  {
    name: "a chunk extension without an end",
    send: flood("POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3;", "x"),
    allowed: TOO_LARGE,
  },
  mayBeUnanswered(
    {
      name: "a trailer without an end",
      send: flood("POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", "x-note: 1\r\n"),
      allowed: TOO_LARGE,
    },
    "POST /a",
  ),
  {
    name: "a body over the limit of 64 MiB, by its length",
    send: "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999\r\n\r\nabc",
    patience: 9_000,
    slow: true,
    allowed: refused(413, "closed"),
    except: { ...onBun(leftWaiting("Bun")), deno: leftWaiting("Deno") },
  },
  {
    name: "a slow head",
    send: drip(HEAD, 16_000),
    patience: 17_000,
    allowed: LATE,
    except: { deno: NO_LIMIT },
    slow: true,
  },
  {
    name: "a head that stops",
    send: HEAD,
    patience: 17_000,
    allowed: LATE,
    except: { deno: NO_LIMIT },
    slow: true,
  },
  {
    name: "a body that stops",
    patience: 12_000,
    slow: true,
    send: "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc",
    allowed: LATE,
  },
  {
    name: "a chunk that stops",
    send: "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n9\r\nabc",
    allowed: LATE,
  },
  mayBeUnanswered(
    {
      name: "a trailer that stops",
      send: "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-note: ",
      patience: 4_000,
      slow: true,
      allowed: LATE,
      except: { deno: leftWaiting("Deno") },
    },
    'POST /a "abc"',
  ),
];

export const sizes: Section = { title: "Size and time", closes: true, cases };
