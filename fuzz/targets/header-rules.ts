/**
 * What becomes of header fields. A line each: `> name: value` of the client's, `+` (insert), `=` (replace) and `-`
 * (remove) for rules, `a token` for an auth of the upstream's own, `t` for a peer that is trusted.
 */

import * as v from "valibot";
import { Secret } from "../../src/base/secret.ts";
import type { HeaderRule, UpstreamAuth } from "../../src/config/config.ts";
import { fieldName, fieldValue } from "../../src/config/schema/values.ts";
import { createSendsOwnCredentials, isCredentialField } from "../../src/message/credentials.ts";
import { answerHeaders, createRequestHeaders } from "../../src/message/headers.ts";
import { holds, type Target, textOf } from "../target.ts";

export const target: Target = {
  seeds: [
    "> authorization: Bearer client\n> connection: close, x-secret\n> x-secret: 1\n> accept: */*\na sk-own",
    "> X-Forwarded-For: 1.2.3.4\n> Forwarded: for=x\n> Via: 1.1 other\nt\n+ x-a: 1\n= X-A: 2\n- x-a",
    "> te: trailers\n> keep-alive: timeout=5\n> transfer-encoding: chunked\n> upgrade: h2c\n> x-api-key: k\n= x-api-key: own\n- via",
    "> user-agent: me\n- user-agent\n+ user-agent: you\n> accept-encoding: gzip\n> cookie: a\n> cookie: b",
  ],
  words: [
    "> ",
    "+ ",
    "= ",
    "- ",
    "\n> connection: ",
    "keep-alive",
    "close",
    "proxy-authorization",
    "x-request-id",
    "host",
    "content-length",
    "expect",
    "x-forwarded-proto",
    "authorization",
    "set-cookie",
    "__proto__: 1",
    "via",
    ", ",
    ";",
  ],
  limit: 1024,
  check(input) {
    const { headers, rules, token, trusted } = parse(textOf(input));
    const auth: UpstreamAuth =
      token === undefined ? { type: "none" } : { type: "bearer", token: new Secret(token) };
    const upstream = {
      name: "u",
      url: "http://u.test",
      path: "join",
      auth,
      headers: rules,
    } as const;
    const via = { peer: "192.0.2.1", trusted, protocol: "http", pseudonym: "llmproxy-a" } as const;
    const request = { id: "id", headers, via };
    const own = createSendsOwnCredentials(upstream)(headers);
    const plain = createRequestHeaders({ ...upstream, headers: [] }, "agent")(request, false, own);
    const out = createRequestHeaders(upstream, "agent")(request, false, own);

    for (const [name, value] of out) {
      holds(v.is(fieldName(), name) && name === name.toLowerCase(), `sent the name ${JSON.stringify(name)}`);
      holds(!/[\r\n\0]/.test(value), `sent the value ${JSON.stringify(value)}`);
    }
    const named = (headers.get("connection") ?? "")
      .toLowerCase()
      .split(",")
      .map((name) => name.trim());
    for (const [name, value] of plain) {
      holds(![...HOP_BY_HOP, ...CLIENTS_OWN].includes(name), `${name} was passed on`);
      const isOwn = OWN.includes(name) || (name === "authorization" && token !== undefined);
      holds(isOwn || !named.includes(name), `${name} was passed on though Connection names it`);
      if (name === "authorization" && token !== undefined) holds(value === `Bearer ${token}`, "two keys");
      if (own) holds(!["x-api-key", "api-key", "x-goog-api-key"].includes(name), `${name} leaked`);
      if (!trusted) holds(name !== "forwarded", "Forwarded of a stranger was passed on");
    }
    const applied = rules.filter(({ op, key }) => own || op !== "insert" || !isCredentialField(key));
    const expected = applied.reduce(
      apply,
      plain.map(([name, value]) => `${name}: ${value}`),
    );
    holds(
      JSON.stringify(expected) === JSON.stringify(out.map(([name, value]) => `${name}: ${value}`)),
      "the rules did something else",
    );
    for (const [name] of answerHeaders(headers)) {
      holds(!HOP_BY_HOP.includes(name) && !named.includes(name), `${name} of an answer was passed on`);
    }
  },
};

const HOP_BY_HOP: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Written by the client of the connection to the upstream. */
const CLIENTS_OWN: readonly string[] = ["host", "content-length", "expect", "http2-settings"];

/** Written afresh by the proxy, whatever Connection names. */
const OWN: readonly string[] = [
  "user-agent",
  "x-request-id",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "forwarded",
  "via",
];

function parse(text: string) {
  const headers = new Headers();
  const rules: HeaderRule[] = [];
  let token: string | undefined;
  let trusted = false;
  for (const line of text.split("\n")) {
    const [, op = "", key = "", value = ""] = /^(.) ?([^:]*?)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (op === "t") trusted = true;
    if (!v.is(fieldName(), key)) continue;
    if (op === "a") token = key;
    if (op === "-") rules.push({ op: "remove", key: key.toLowerCase() });
    if (!v.is(fieldValue(), value)) continue;
    if (op === ">") headers.append(key, value);
    if (op === "+" || op === "=")
      rules.push({ op: op === "+" ? "insert" : "replace", key: key.toLowerCase(), value: new Secret(value) });
  }
  return { headers, rules, token, trusted };
}

/** A rule over whole lines: the plain way to say what it does. */
function apply(lines: readonly string[], rule: HeaderRule): string[] {
  const others = lines.filter((line) => !line.startsWith(`${rule.key}: `));
  if (rule.op === "remove") return others;
  if (rule.op === "insert" && others.length < lines.length) return [...lines];
  return [...others, `${rule.key}: ${rule.value.reveal()}`];
}
