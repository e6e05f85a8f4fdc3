/** Targets and hosts that would lead elsewhere. */

import { type Allowed, type Case, onBun, passed, refused, refusedOrPassed, type Section } from "../case.ts";
import { OWN_SLASHES } from "../exceptions.ts";

function get(target: string): string {
  return `GET ${target} HTTP/1.1\r\nhost: a\r\n\r\n`;
}

function hosts(fields: string): string {
  return `GET /a HTTP/1.1\r\n${fields}\r\n`;
}

const targets: readonly (readonly [name: string, target: string, allowed: Allowed])[] = [
  ["an absolute target with another host", "http://evil.test/a", refusedOrPassed("GET /a")],
  ["an absolute target with https", "https://evil.test/a", refusedOrPassed("GET /a")],
  ["an absolute target with a user", "http://u:p@evil.test/a", refusedOrPassed("GET /a")],
  ["an absolute target without a path", "http://evil.test", refusedOrPassed("GET /")],
  ["an absolute target with dot segments", "http://evil.test/a/../../b", refusedOrPassed("GET /b")],
  [
    "an absolute target with a backslash",
    "http://evil.test\\@a/b",
    { refused: [400, "closed"], passed: [["GET /b"], ["GET /@a/b"]] },
  ],
  ["an authority for a target", "evil.test:80", refused()],
  ["a target without a slash", "a", refused()],
  ["a user in front of a host", "@evil.test/a", refused()],
  ["a port in front of a path", ":80/a", refused()],
  ["dot segments", "/a/../../b", refusedOrPassed("GET /b")],
  ["encoded dot segments", "/a/%2e%2e/%2E%2e/b", refusedOrPassed("GET /b")],
  ["half encoded dot segments", "/a/.%2e/%2e./b", refusedOrPassed("GET /b")],
  ["double-encoded dot segments", "/a/%252e%252e/b", passed("GET /a/%252e%252e/b")],
  ["dot segments behind an encoded slash", "/a/..%2f..%2fb", passed("GET /a/..%2f..%2fb")],
  ["dot segments with backslashes", "/a/..\\..\\b", refusedOrPassed("GET /b")],
  ["dot segments with encoded backslashes", "/a/..%5c..%5cb", passed("GET /a/..%5c..%5cb")],
  ["dot segments with parameters", "/a/..;/b", passed("GET /a/..;/b")],
  ["dot segments in the query", "/a?b=/../c", passed("GET /a?b=/../c")],
  ["an overlong dot", "/a/%c0%ae%c0%ae/b", passed("GET /a/%c0%ae%c0%ae/b")],
  ["an encoded NUL", "/a%00b", refusedOrPassed("GET /a%00b")],
  ["encoded CRLF", "/a%0d%0ax-note:%201?b%0d%0a", refusedOrPassed("GET /a%0d%0ax-note:%201?b%0d%0a")],
  ["a broken escape", "/a%zz%", refusedOrPassed("GET /a%zz%")],
  ["a fragment", "/a#/../b", refusedOrPassed("GET /a")],
  ["an encoded question mark", "/a%3fb=c", passed("GET /a%3fb=c")],
  ["a target of 20 KB", `/${"p".repeat(20_000)}`, refused(400, 414, 431, "closed")],
];

const names: readonly (readonly [name: string, fields: string])[] = [
  ["two Hosts", "host: a\r\nhost: b\r\n"],
  ["the same Host twice", "host: a\r\nhost: a\r\n"],
  ["a Host with a user", "host: u@a\r\n"],
  ["a Host with a path", "host: a/b\r\n"],
  ["a Host with a query", "host: a?b\r\n"],
  ["a Host with a space", "host: a b\r\n"],
  ["a list for a Host", "host: a, b\r\n"],
  ["a Host with a broken port", "host: a:b\r\n"],
  ["a Host with an open bracket", "host: [::1\r\n"],
  ["an empty Host", "host:\r\n"],
  ["a Host in Latin-1", "host: \xe9\r\n"],
  ["a Host with quotes and brackets", 'host: "<b>"\r\n'],
];

const slashes: readonly (readonly [name: string, target: string, taken: string])[] = [
  ["two slashes and a host", "//evil.test/a", "GET //evil.test/a"],
  ["three slashes and a host", "///evil.test/a", "GET ///evil.test/a"],
  ["a slash, a backslash and a host", "/\\evil.test/a", "GET //evil.test/a"],
];

const cases: readonly Case[] = [
  ...slashes.map(
    ([name, target, taken]): Case => ({
      name,
      send: get(target),
      allowed: refusedOrPassed(taken),
      except: onBun(OWN_SLASHES),
    }),
  ),
  {
    name: "an absolute target with the scheme file",
    send: get("file:///etc/passwd"),
    allowed: refused(),
    except: {
      deno: {
        why: "Deno's server puts a slash before a target of an unknown scheme",
        advice: "Harmless: it is a path like any other, of the configured host.",
        allowed: passed("GET /file:///etc/passwd"),
      },
    },
  },
  { name: "a tab in the target", send: get("/a\tb"), allowed: refused(400, 505, "closed") },
  {
    name: "an escape character in the target",
    send: get("/a\x1b[31m"),
    allowed: { refused: [400, 505, "closed"], passed: [["GET /a%1B[31m"]] },
  },
  {
    name: "Latin-1 in the target",
    send: get("/caf\xe9"),
    allowed: { refused: [400, "closed"], passed: [["GET /caf%E9"], ["GET /caf%C3%A9"]] },
    except: onBun({
      why: "Bun's server takes bytes of a target that are no UTF-8 for U+FFFD",
      advice:
        "Harmless: no URL has such bytes, and what is sent upstream is one path. Clients have to encode them.",
      allowed: passed("GET /caf%EF%BF%BD"),
    }),
  },
  ...targets.map(([name, target, allowed]): Case => ({ name, send: get(target), allowed })),
  {
    name: "CONNECT",
    send: "CONNECT evil.test:443 HTTP/1.1\r\nhost: evil.test:443\r\n\r\n",
    allowed: refused(400, 404, 405, 501, "closed"),
  },
  {
    name: "CONNECT with a path",
    send: "CONNECT /a HTTP/1.1\r\nhost: a\r\n\r\n",
    allowed: refused(400, 404, 405, 501, "closed"),
  },
  { name: "TRACE", send: "TRACE /a HTTP/1.1\r\nhost: a\r\n\r\n", allowed: refused(400, 405, 501, "closed") },
  {
    name: "a method of its own",
    send: "PURGE-all /a HTTP/1.1\r\nhost: a\r\n\r\n",
    allowed: { refused: [400, 405, 501, "closed"], passed: [["PURGE-all /a"]] },
  },
  {
    name: "a method of 10,000 letters",
    send: `${"G".repeat(10_000)} /a HTTP/1.1\r\nhost: a\r\n\r\n`,
    allowed: { refused: [400, 405, 431, 501, "closed"], passed: [[`${"G".repeat(10_000)} /a`]] },
  },
  {
    name: "OPTIONS *",
    send: "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
    allowed: { refused: [400, "closed"], passed: [["OPTIONS /*"], ["OPTIONS /"]] },
  },
  { name: "GET *", send: get("*"), allowed: { refused: [400, "closed"], passed: [["GET /*"]] } },
  {
    name: "a Host with a path and a request behind it, in pieces",
    send: async (connection) => {
      await connection.send(`GET /1 HTTP/1.1\r\nhost: a/b\r\nconnection: close\r\n\r\n`);
      await connection.send("GET /2 HTTP/1.1\r\nhost: a\r\n\r\n");
    },
    allowed: refused(),
  },
  {
    name: "no Host",
    send: hosts(""),
    allowed: refused(),
    except: {
      deno: {
        why: "Deno's server takes an HTTP/1.1 request without Host",
        advice: "Harmless: no host of a client's is ever used.",
        allowed: passed("GET /a"),
      },
    },
  },
  ...names.map(([name, fields]): Case => ({ name, send: hosts(fields), allowed: refused() })),
  {
    name: "a Host that is not the target's",
    send: "GET http://one.test/a HTTP/1.1\r\nhost: two.test\r\n\r\n",
    allowed: refusedOrPassed("GET /a"),
  },
];

export const targetsAndHosts: Section = { title: "Targets, methods and hosts", closes: false, cases };
