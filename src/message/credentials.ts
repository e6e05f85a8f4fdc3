/** Where LLM APIs take credentials, and whether the proxy's own or the client's are sent to an upstream. */

import type { UpstreamConfig } from "../config/config.ts";

/** Header fields that carry a credential: OAuth and OpenAI, Anthropic, Azure, Gemini. */
export const CREDENTIAL_FIELDS = ["authorization", "x-api-key", "api-key", "x-goog-api-key"] as const;

type Field = (typeof CREDENTIAL_FIELDS)[number];

const FIELDS: ReadonlySet<string> = new Set(CREDENTIAL_FIELDS);

/** The field of a WebSocket handshake in which browsers, which can set no other, send a key. */
export const PROTOCOL_FIELD = "sec-websocket-protocol";

/** Subprotocols that are keys: of OpenAI's and xAI's realtime APIs, and of Mistral's (`realtime, rt_…`). */
const KEY_PROTOCOL = /^(?:openai-insecure-api-key\.|xai-client-secret\.|rt_)/i;

/**
 * Query parameters that carry a credential, in lowercase: Google's `key`, `access_token` and `oauth_token` (its system
 * parameters; `access_token` is also RFC 6750 §2.3's and Baidu's), Azure OpenAI's `api-key` (realtime API), Azure API
 * Management's `subscription-key`, and the spellings of `api-key` that gateways take. Some servers ignore the case of
 * names, so case is ignored here.
 */
const PARAMETERS: ReadonlySet<string> = new Set([
  "key",
  "access_token",
  "oauth_token",
  "api-key",
  "api_key",
  "apikey",
  "x-api-key",
  "subscription-key",
]);

/** An `Authorization` with a scheme and no credential, as SDKs with an empty key send it. */
const EMPTY_SCHEME = /^(?:bearer|basic)$/i;

/** Whether the proxy's own credentials are sent with a request of these header fields. */
export type SendsOwnCredentials = (headers: Headers) => boolean;

/**
 * Creates {@link SendsOwnCredentials} for one upstream. Its own credentials are `auth`, `headers` rules that set one of
 * {@link CREDENTIAL_FIELDS}, and credentials in the query of its URL. A rule with `insert` sets one only where the
 * client does not send that field: then the client's credentials are sent, and no rule inserts another beside them.
 */
export function createSendsOwnCredentials({
  auth,
  headers: rules,
  url,
}: UpstreamConfig): SendsOwnCredentials {
  const states = statesAfter(rules);
  if (auth.type !== "none" || states.includes("own") || hasCredential(new URL(url).search)) return () => true;
  const inserted = CREDENTIAL_FIELDS.filter((_, i) => states[i] === "inserted");
  if (inserted.length === 0) return () => false;
  return (headers) => !inserted.some((name) => isCredential(headers.get(name)));
}

/** What `headers` rules do to a credential field: pass the client's, drop it, fill it where absent, or replace it. */
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

/** Whether a field (lowercase) is one of {@link CREDENTIAL_FIELDS}. */
export function isCredentialField(name: string): name is Field {
  return FIELDS.has(name);
}

/**
 * The credential of a client's request as one text, for hashing and not for sending: every header field, query
 * parameter and WebSocket subprotocol that carries one. Undefined when there is none.
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
  if (protocol !== undefined) found += `${PROTOCOL_FIELD}: ${protocol}\n`;
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

/** The query parameters that carry a credential and have a value, as sent. */
function credentialsIn(query: string): readonly string[] {
  return query
    .slice(1)
    .split("&")
    .filter((pair) => isCredentialParameter(pair) && pair.indexOf("=") !== -1 && !pair.endsWith("="));
}

/**
 * Removes the parameters that carry credentials from a query. The rest stays as sent, in its order and encoding.
 * Without a rest the query is empty.
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

/**
 * Whether a query parameter carries a credential.
 *
 * @param pair `name=value` or `name`, as sent
 */
function isCredentialParameter(pair: string): boolean {
  const end = pair.indexOf("=");
  const name = end === -1 ? pair : pair.slice(0, end);
  return PARAMETERS.has((name.includes("%") ? decodeAscii(name) : name).toLowerCase());
}

/** Decodes percent-encoded ASCII and leaves the rest, so that a malformed escape can't hide a name. */
function decodeAscii(text: string): string {
  return text.replace(/%([0-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The subprotocol that is a key, where a handshake offers one. */
function keyProtocol(headers: Headers): string | undefined {
  return protocolsIn(headers.get(PROTOCOL_FIELD) ?? "").find((protocol) => KEY_PROTOCOL.test(protocol));
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
