/** A file that the schema accepted → the {@link Config}. */

import { Secret } from "../base/secret.ts";
import type {
  AdminConfig,
  Config,
  CorsConfig,
  ForwardConfig,
  GroupConfig,
  HeaderRule,
  HttpClientConfig,
  ProxyConfig,
  TlsIdentity,
  UpstreamAuth,
  UpstreamConfig,
} from "./config.ts";
import { asMap, forwardsOf, groupsOf, mapIn } from "./plain.ts";
import type { Draft } from "./schema.ts";

type ForwardDraft = Draft["http_server"]["forwards"][number];
type AdminDraft = NonNullable<Draft["http_server"]["admin"]>;
type UpstreamDraft = Draft["upstreams"][number];
type GroupDraft = Draft["upstream_groups"][number];

export interface AssembleDeps {
  /** The text of a PEM file, by its path as the config writes it. */
  readonly pem: (path: string) => string;
  /** Wins over the file's own token. */
  readonly adminToken: Secret | undefined;
}

/** @param plain what the file says itself, without defaults */
export function assemble(draft: Draft, plain: unknown, { pem, adminToken }: AssembleDeps): Config {
  const { http_server, upstreams, upstream_groups, buffer_limit } = draft;
  const [forwardPlains, groupPlains] = [forwardsOf(plain), groupsOf(plain)];
  const weights = new Map(upstreams.map(({ name, weight }) => [name, weight]));
  return {
    forwards: http_server.forwards.map((forward, i) => toForward(forward, forwardPlains[i]?.value, pem)),
    ...(http_server.admin !== undefined && { admin: toAdmin(http_server.admin, adminToken, pem) }),
    upstreams: upstreams.map((upstream) => toUpstream(upstream, pem)),
    groups: upstream_groups.map((group, i) => toGroup(group, groupPlains[i]?.value, weights)),
    bufferLimit: buffer_limit,
  };
}

function toForward(
  { timeout, tls, routing, ratelimit, cors, ...rest }: ForwardDraft,
  plain: unknown,
  pem: AssembleDeps["pem"],
): ForwardConfig {
  return {
    ...rest,
    routes: routing,
    timeouts: timeout,
    ...(ratelimit !== undefined && { rateLimit: ratelimit }),
    ...(tls !== undefined && { tls: toIdentity(tls, pem) }),
    ...(cors !== undefined && { cors: toCors(cors) }),
    explicit: timeoutKeys(plain),
  };
}

function toCors({ origins, headers }: NonNullable<ForwardDraft["cors"]>): CorsConfig {
  return { origins, ...(headers !== undefined && { headers }) };
}

function toAdmin(
  { timeout, tls, auth, ...rest }: AdminDraft,
  adminToken: Secret | undefined,
  pem: AssembleDeps["pem"],
): AdminConfig {
  const token = adminToken ?? auth.token;
  return {
    ...rest,
    connectTimeout: timeout.connect,
    ...(tls !== undefined && { tls: toIdentity(tls, pem) }),
    ...(token !== undefined && { token }),
  };
}

function toIdentity({ cert, key }: { cert: string; key: string }, pem: AssembleDeps["pem"]): TlsIdentity {
  return { cert: pem(cert), key: new Secret(pem(key)) };
}

function toUpstream(
  { name, url, path, auth, headers, breaker, ratelimit, maxInFlight, healthCheck, tls }: UpstreamDraft,
  pem: AssembleDeps["pem"],
): UpstreamConfig {
  return {
    name,
    url,
    path,
    auth: toAuth(auth),
    headers: headers.flatMap(toHeaderRule),
    ...(breaker !== undefined && { breaker }),
    ...(ratelimit !== undefined && { rateLimit: ratelimit }),
    ...(maxInFlight !== undefined && { maxInFlight }),
    ...(healthCheck !== undefined && { healthCheck }),
    ...(tls.ca !== undefined && { ca: pem(tls.ca) }),
  };
}

/** The schema has seen to it that each type has what it needs. */
function toAuth({ type, token, username, password }: UpstreamDraft["auth"]): UpstreamAuth {
  if (type === "bearer" && token !== undefined) return { type, token };
  if (type === "basic" && username !== undefined && password !== undefined)
    return { type, username, password };
  return { type: "none" };
}

function toHeaderRule({ op, key, value }: UpstreamDraft["headers"][number]): readonly HeaderRule[] {
  if (op === "remove") return [{ op, key }];
  return value === undefined ? [] : [{ op, key, value }];
}

function toGroup(
  { name, upstreams, balance, http_client }: GroupDraft,
  plain: unknown,
  weights: ReadonlyMap<string, number>,
): GroupConfig {
  return {
    name,
    members: upstreams.map(({ name: upstream, weight }) => ({
      upstream,
      weight: weight ?? weights.get(upstream) ?? 1,
    })),
    strategy: balance.strategy,
    client: toClient(http_client, mapIn(plain, "http_client")),
  };
}

function toClient(
  { timeout, retry, proxy, ...rest }: GroupDraft["http_client"],
  plain: unknown,
): HttpClientConfig {
  const { first_token, ...timeouts } = timeout;
  const blocks = ["timeout", "retry", "proxy"];
  return {
    ...rest,
    timeouts: { ...timeouts, ...(first_token !== undefined && { firstToken: first_token }) },
    ...(retry !== undefined && { retry }),
    ...(proxy !== undefined && { proxy: toProxy(proxy.url) }),
    explicit: [...Object.keys(asMap(plain)).filter((key) => !blocks.includes(key)), ...timeoutKeys(plain)],
  };
}

/** The keys of its `timeout` that a block sets. */
function timeoutKeys(plain: unknown): readonly string[] {
  return Object.keys(mapIn(plain, "timeout")).map((key) => `timeout.${key}`);
}

function toProxy(text: string): ProxyConfig {
  const url = new URL(text);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  if (username === "" && password === "") return { url: url.href };
  const credentials = new TextEncoder().encode(`${decode(username)}:${decode(password)}`);
  // RFC 9110 §11.7.2, RFC 7617 §2.
  return { url: url.href, authorization: new Secret(`Basic ${btoa(String.fromCharCode(...credentials))}`) };
}

/** Percent-decoded, or as it is where it isn't encoded well. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
