/** What becomes of header fields on their way to an upstream and back. */

import type { HeaderRule, UpstreamAuth, UpstreamConfig } from "../config/config.ts";
import type { HeaderPair } from "../runtime/runtime.ts";
import { isCredentialField, PROTOCOL_FIELD, withoutKeyProtocols } from "./credentials.ts";

/** Fields that concern one connection only (RFC 9110 §7.6.1), and those that each connection's own client writes. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Request fields that are dropped or written afresh. `expect` is answered by our own server. */
const REWRITTEN: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "expect",
  "http2-settings",
  "user-agent",
  "x-request-id",
  "via",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
]);

const NONE: ReadonlySet<string> = new Set();

/** What the proxy knows of a client's connection. */
export interface Via {
  /** The peer's address: what X-Forwarded-For gets. */
  readonly peer: string;
  /** Whether the peer's own X-Forwarded-* and Forwarded are believed. */
  readonly trusted: boolean;
  readonly protocol: "http" | "https";
  /** What the forward calls itself in the Via field. */
  readonly pseudonym: string;
}

/** The header fields that a request is sent upstream with. */
export type RequestHeaders = (
  request: { readonly id: string; readonly headers: Headers; readonly via: Via },
  /** Whether the answer's body may have to be read by the proxy: then it has to come unencoded. */
  identity: boolean,
  /** Whether the proxy's own credentials are sent: the client's are dropped then. */
  ownCredentials: boolean,
) => HeaderPair[];

/**
 * Prepares the rules for one upstream in one group. In this order: the client's fields less those that must not pass,
 * User-Agent, X-Forwarded-*, Via, x-request-id, `auth`, then `headers`. Where the client's credentials are sent, rules
 * insert none beside them.
 */
export function createRequestHeaders(upstream: UpstreamConfig, agent: string): RequestHeaders {
  const authorization = authorizationOf(upstream.auth);
  const rules = upstream.headers.map(openRule);
  const rulesBesideClients = rules.filter(({ op, pair }) => op !== "insert" || !isCredentialField(pair[0]));
  return ({ id, headers, via }, identity, ownCredentials) => {
    const out: HeaderPair[] = [["user-agent", agent]];
    const named = namedInConnection(headers.get("connection"));
    // Not by its iterator, which costs several times as much on some runtimes.
    headers.forEach((value, name) => {
      if (HOP_BY_HOP.has(name) || REWRITTEN.has(name) || named.has(name)) return;
      if (ownCredentials) {
        if (isCredentialField(name)) return;
        if (name === PROTOCOL_FIELD) {
          pushProtocols(out, value);
          return;
        }
      }
      if (identity && name === "accept-encoding") return;
      out.push([name, value]);
    });
    if (identity) out.push(["accept-encoding", "identity"]);
    pushForwarded(out, headers, via);
    out.push(["via", viaOf(headers.get("via"), via.pseudonym)]);
    out.push(["x-request-id", id]);
    if (authorization !== undefined) out.push(["authorization", authorization]);
    for (const rule of ownCredentials ? rules : rulesBesideClients) applyRule(out, rule);
    return out;
  };
}

/** The header fields of a request of the proxy's own: User-Agent, `auth`, then `headers`. */
export function ownHeaders(upstream: UpstreamConfig, agent: string): HeaderPair[] {
  const out: HeaderPair[] = [
    ["user-agent", agent],
    ["accept-encoding", "identity"],
  ];
  const authorization = authorizationOf(upstream.auth);
  if (authorization !== undefined) out.push(["authorization", authorization]);
  for (const rule of upstream.headers) applyRule(out, openRule(rule));
  return out;
}

function authorizationOf(auth: UpstreamAuth): string | undefined {
  switch (auth.type) {
    case "none":
      return undefined;
    case "bearer":
      return `Bearer ${auth.token.reveal()}`;
    case "basic":
      return `Basic ${base64(`${auth.username}:${auth.password.reveal()}`)}`;
  }
}

/** Base64 of the UTF-8 bytes (RFC 7617 §2.1). */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function namedInConnection(connection: string | null): ReadonlySet<string> {
  if (connection === null || connection === "keep-alive" || connection === "close") return NONE;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}

/** Adds the subprotocols that a client offers, without those that are keys. */
function pushProtocols(out: HeaderPair[], value: string): void {
  const rest = withoutKeyProtocols(value);
  if (rest !== "") out.push([PROTOCOL_FIELD, rest]);
}

/** A peer that isn't trusted gets its X-Forwarded-* and Forwarded dropped; a trusted one gets its own appended to. */
function pushForwarded(out: HeaderPair[], headers: Headers, via: Via): void {
  const before = via.trusted ? headers.get("x-forwarded-for") : null;
  out.push(["x-forwarded-for", before === null ? via.peer : `${before}, ${via.peer}`]);
  out.push(["x-forwarded-proto", (via.trusted ? headers.get("x-forwarded-proto") : null) ?? via.protocol]);
  const host = (via.trusted ? headers.get("x-forwarded-host") : null) ?? headers.get("host");
  if (host !== null) out.push(["x-forwarded-host", host]);
  const forwarded = via.trusted ? headers.get("forwarded") : null;
  if (forwarded !== null) out.push(["forwarded", forwarded]);
}

/** The version is that of the last message received, of which runtimes do not tell: nearly always 1.1. */
function viaOf(before: string | null, pseudonym: string): string {
  return before === null ? `1.1 ${pseudonym}` : `${before}, 1.1 ${pseudonym}`;
}

type OpenRule =
  | { readonly op: "insert" | "replace"; readonly pair: HeaderPair }
  | { readonly op: "remove"; readonly pair: readonly [name: string] };

function openRule(rule: HeaderRule): OpenRule {
  return rule.op === "remove"
    ? { op: "remove", pair: [rule.key] }
    : { op: rule.op, pair: [rule.key, rule.value.reveal()] };
}

function applyRule(out: HeaderPair[], rule: OpenRule): void {
  const name = rule.pair[0];
  if (rule.op === "insert") {
    if (!out.some((pair) => pair[0] === name)) out.push(rule.pair);
    return;
  }
  for (let i = out.length - 1; i >= 0; i -= 1) if (out[i]?.[0] === name) out.splice(i, 1);
  if (rule.op === "replace") out.push(rule.pair);
}

/** The fields of an upstream's answer that its client gets, in order; several `set-cookie` stay several. */
export function answerHeaders(headers: Headers): HeaderPair[] {
  const named = namedInConnection(headers.get("connection"));
  const out: HeaderPair[] = [];
  headers.forEach((value, name) => {
    if (!HOP_BY_HOP.has(name) && !named.has(name)) out.push([name, value]);
  });
  return out;
}
