/** Where LLM APIs take credentials, and whose are sent to an upstream: the proxy's own or the client's. */

import type { UpstreamConfig } from "../config/config.ts";

/** Header fields that carry a credential: OAuth and OpenAI, Anthropic, Azure, Gemini. */
export const CREDENTIAL_FIELDS = ["authorization", "x-api-key", "api-key", "x-goog-api-key"] as const;

type Field = (typeof CREDENTIAL_FIELDS)[number];

const FIELDS: ReadonlySet<string> = new Set(CREDENTIAL_FIELDS);

/** The field in which a browser, which can set no other, sends a key with a WebSocket handshake. */
export const PROTOCOLS = "sec-websocket-protocol";

/** Subprotocols that are keys: of OpenAI's and xAI's realtime APIs, and of Mistral's (`realtime, rt_…`). */
const KEY_PROTOCOL = /^(?:openai-insecure-api-key\.|xai-client-secret\.|rt_)/;

/**
 * Query parameters that carry a credential, in lowercase: Google's `key`, `access_token` and `oauth_token` (its system
 * parameters; `access_token` is also RFC 6750 §2.3's and Baidu's), Azure OpenAI's `api-key` (realtime API) and Azure
 * API Management's `subscription-key`. Some servers ignore the case of names, so case is ignored here.
 */
const PARAMETERS: ReadonlySet<string> = new Set([
  "key",
  "access_token",
  "oauth_token",
  "api-key",
  "subscription-key",
]);

/** An `Authorization` that names a scheme and carries nothing, as SDKs with an empty key send it. */
const EMPTY_SCHEME = /^(?:bearer|basic)$/i;

/** Whether the proxy's own credentials are sent with a request of these header fields. */
export type SendsOwnCredentials = (headers: Headers) => boolean;

/**
 * Prepares the question for one upstream. Its own credentials are `auth`, `headers` rules that set one of
 * {@link CREDENTIAL_FIELDS}, and credentials in the query of its URL. A rule with `insert` sets one only where the
 * client does not send that field: then the client's credentials are sent, and no rule inserts another beside them.
 */
export function createSendsOwn({ auth, headers: rules, url }: UpstreamConfig): SendsOwnCredentials {
  const states = statesAfter(rules);
  if (auth.type !== "none" || states.includes("own") || hasCredential(new URL(url).search)) return () => true;
  const inserted = CREDENTIAL_FIELDS.filter((_, i) => states[i] === "inserted");
  if (inserted.length === 0) return () => false;
  return (headers) => !inserted.some((name) => isCredential(headers.get(name)));
}

/** What rules make of a credential's field: the client's passes, is dropped, or gives way to the proxy's own. */
type FieldState = "client" | "removed" | "inserted" | "own";

function statesAfter(rules: UpstreamConfig["headers"]): readonly FieldState[] {
  return CREDENTIAL_FIELDS.map((name) =>
    rules
      .filter(({ key }) => key === name)
      .reduce((state, { op }) => NEXT[op](state), "client" as FieldState),
  );
}

const NEXT: Readonly<Record<UpstreamConfig["headers"][number]["op"], (state: FieldState) => FieldState>> = {
  insert: (state) => (state === "client" ? "inserted" : state === "removed" ? "own" : state),
  replace: () => "own",
  remove: () => "removed",
};

/** Whether a field carries a credential. */
export function isCredentialField(name: string): name is Field {
  return FIELDS.has(name);
}

/**
 * The credential that a client brings, as one text for hashing, not for sending: every header field, query parameter
 * and WebSocket subprotocol that carries one. Undefined when it brings none.
 *
 * @param query empty, or begins with `?`
 */
export function clientCredential(headers: Headers, query: string): string | undefined {
  let found = "";
  for (const name of CREDENTIAL_FIELDS) {
    const value = headers.get(name);
    if (value !== null && isCredential(value)) found += `${name}: ${value}\n`;
  }
  if (query.length > 1) for (const pair of credentialsIn(query)) found += `?${pair}\n`;
  const protocol = keyProtocol(headers);
  if (protocol !== undefined) found += `${PROTOCOLS}: ${protocol}\n`;
  return found === "" ? undefined : found;
}

function isCredential(value: string | null): boolean {
  if (value === null) return false;
  const text = value.trim();
  return text !== "" && !EMPTY_SCHEME.test(text);
}

function hasCredential(query: string): boolean {
  return query.length > 1 && credentialsIn(query).length > 0;
}

/** The parameters of a query that carry a credential, as sent, but those without a value. */
function credentialsIn(query: string): readonly string[] {
  return query
    .slice(1)
    .split("&")
    .filter((pair) => isCredentialParameter(pair) && pair.indexOf("=") !== -1 && !pair.endsWith("="));
}

/**
 * A query without the parameters that carry credentials. What is left stays as sent, in its order and encoding; nothing
 * left is an empty query.
 *
 * @param query empty, or begins with `?`
 */
export function withoutCredentials(query: string): string {
  if (query.length < 2) return query;
  const pairs = query.slice(1).split("&");
  const kept = pairs.filter((pair) => !isCredentialParameter(pair));
  if (kept.length === pairs.length) return query;
  return kept.length === 0 ? "" : `?${kept.join("&")}`;
}

/** @param pair `name=value` or `name`, as sent */
function isCredentialParameter(pair: string): boolean {
  const end = pair.indexOf("=");
  const name = end === -1 ? pair : pair.slice(0, end);
  return PARAMETERS.has((name.includes("%") ? decodeAscii(name) : name).toLowerCase());
}

/** Decodes what is encoded ASCII and leaves the rest, so that a broken encoding hides nothing. */
function decodeAscii(text: string): string {
  return text.replace(/%([0-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The subprotocol that is a key, where a handshake offers one. */
function keyProtocol(headers: Headers): string | undefined {
  return protocolsIn(headers.get(PROTOCOLS) ?? "").find((protocol) => KEY_PROTOCOL.test(protocol));
}

/** The value of Sec-WebSocket-Protocol without keys: empty when nothing else is offered. */
export function withoutKeyProtocols(value: string): string {
  return protocolsIn(value)
    .filter((protocol) => !KEY_PROTOCOL.test(protocol))
    .join(", ");
}

function protocolsIn(value: string): readonly string[] {
  return value === "" ? [] : value.split(",").map((protocol) => protocol.trim());
}
