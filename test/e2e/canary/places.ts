/** A canary for every place in which a secret can be, and the config that has them. */

import { type Canary, createCanary } from "../../support/canaries.ts";

/** What stands in a URL is written there by its user, encoded. */
const inUrl = encodeURIComponent;
/** YAML's double quotes take what JSON's take. */
const quoted = (text: string): string => JSON.stringify(text);

export interface Ends {
  /** URLs of the upstreams that record. */
  readonly plain: string;
  readonly secure: string;
  /** Port of the outbound proxy. */
  readonly tunnel: number;
}

/** The secrets of the operator. */
export function createSecrets() {
  return {
    environment: createCanary("a bearer token of the environment"),
    file: createCanary("a bearer token from a file"),
    fallback: createCanary("the default of a reference", "+/=~"),
    username: createCanary("the user of basic"),
    password: createCanary("the password of basic"),
    insert: createCanary("the value of an insert rule"),
    replace: createCanary("the value of a replace rule"),
    key: createCanary("a key that a rule replaces"),
    query: createCanary("the query of an upstream's URL"),
    probe: createCanary("the query of a health check's path", "~"),
    proxyUser: createCanary("the user of an outbound proxy"),
    proxyPassword: createCanary("the password of an outbound proxy"),
    wrongUser: createCanary("the user that an outbound proxy refuses"),
    wrongPassword: createCanary("the password that an outbound proxy refuses"),
    adminFile: createCanary("the admin token of the file"),
    adminEnvironment: createCanary("the admin token of the environment"),
    failing: createCanary("the token of an upstream that fails"),
  } as const satisfies Readonly<Record<string, Canary>>;
}

export type Secrets = ReturnType<typeof createSecrets>;

/** The secrets of a client. */
export function createClientSecrets() {
  return {
    authorization: createCanary("a client's Authorization"),
    apiKey: createCanary("a client's x-api-key"),
    azureKey: createCanary("a client's api-key"),
    googleKey: createCanary("a client's x-goog-api-key"),
    cookie: createCanary("a client's cookie", ""),
    proxyAuthorization: createCanary("a client's Proxy-Authorization"),
    referer: createCanary("a client's Referer", ""),
    query: createCanary("the query of a client's request"),
    queryKey: createCanary("an api-key in the query of a client's request"),
    body: createCanary("the body of a client's request"),
  } as const satisfies Readonly<Record<string, Canary>>;
}

export type ClientSecrets = ReturnType<typeof createClientSecrets>;

/**
 * What is asked for, and the status that says that it came to what it is for. Each path leads to a group of its own, with
 * one upstream.
 */
export const EXPECTED: Readonly<Record<string, number>> = {
  environment: 200,
  file: 200,
  fallback: 200,
  basic: 200,
  rules: 200,
  "rule-key": 200,
  open: 200,
  proxied: 200,
  tunnelled: 200,
  refused: 502,
  dns: 502,
  tls: 502,
  reset: 502,
  silent: 504,
  garbage: 502,
  "garbage-head": 502,
  cut: 200,
  unauthorized: 401,
  "error-in-stream": 200,
  "proxy-refuses": 407,
  "proxy-refuses-tunnel": 502,
  unhealthy: 503,
};

/** The same secret wherever something else belongs. */
export function createWrongConfig({ value }: Canary): string {
  const key = quoted(value);
  return `
http_server:
  forwards:
    - {name: main, port: ${key}, address: ${key}, upstream_group: ${key}, ${key}: 1, max_body_size: ${key}, tls: {cert: ${key}, key: ${key}}}
  admin: {token: ${key}, auth: ${key}}
upstreams:
  - {name: a, url: ${key}, auth: {type: ${key}}, max_in_flight: ${key}, headers: [{op: ${key}, key: ${key}, value: {${key}: 1}}]}
  - {name: b, url: "https://user:${inUrl(value)}@b.example", auth: {type: bearer, token: [${key}]}}
  - {name: c, url: "ftp://c.example/?key=${inUrl(value)}", breaker: {threshold: ${key}}, tls: {ca: ${key}}}
upstream_groups:
  - {name: g, upstreams: [{name: ${key}, weight: ${key}}], balance: {strategy: ${key}}, http_client: {stream_mode: ${key}, proxy: {url: ${key}}}}
${key}: 1
`;
}

/** The groups whose upstreams get the proxy's own credentials and none of the client's. */
export const KEYED = ["environment", "file", "fallback", "basic", "rule-key", "unauthorized"] as const;

export const pathOf = (name: string): string => `/${name}/v1/chat/completions`;

export function createConfig(secrets: Secrets, { plain, secure, tunnel }: Ends): string {
  const query = `?api-key=${inUrl(secrets.query.value)}`;
  const bearer = (token: string): string => `auth: {type: bearer, token: ${token}}`;
  const failing = `${bearer(quoted(secrets.failing.value))}, headers: [{op: replace, key: x-rule, value: ${quoted(secrets.replace.value)}}]`;
  const proxy = (user: Canary, password: Canary): string =>
    `proxy: {enabled: true, url: "http://${inUrl(user.value)}:${inUrl(password.value)}@127.0.0.1:${tunnel}"}`;
  const right = proxy(secrets.proxyUser, secrets.proxyPassword);
  const wrong = proxy(secrets.wrongUser, secrets.wrongPassword);

  const upstreams: Readonly<Record<string, readonly [url: string, more: string, client?: string]>> = {
    environment: [plain + query, bearer(`"\${CANARY_TOKEN}"`)],
    file: [plain, bearer(`"\${file:token.txt}"`)],
    fallback: [plain, bearer(quoted(`\${CANARY_NOT_SET:-${secrets.fallback.value}}`))],
    basic: [
      plain,
      `auth: {type: basic, username: ${quoted(secrets.username.value)}, password: ${quoted(secrets.password.value)}}`,
    ],
    rules: [
      plain,
      `headers: [{op: insert, key: x-inserted, value: ${quoted(secrets.insert.value)}}, {op: replace, key: x-replaced, value: ${quoted(secrets.replace.value)}}]`,
    ],
    "rule-key": [plain, `headers: [{op: replace, key: x-api-key, value: ${quoted(secrets.key.value)}}]`],
    open: [plain, "auth: {type: none}"],
    proxied: [plain, "auth: {type: none}", right],
    tunnelled: [secure, "auth: {type: none}, tls: {ca: ca.crt}", right],
    refused: [`http://127.0.0.1:1/${query}`, `${failing}, breaker: {threshold: 0.1}`],
    dns: [`http://nowhere.invalid/${query}`, failing],
    tls: [`${secure}/${query}`, failing],
    reset: [plain + query, failing],
    silent: [plain + query, failing, "timeout: {request: 1}"],
    garbage: [plain + query, failing],
    "garbage-head": [plain + query, failing],
    cut: [plain + query, failing],
    unauthorized: [plain + query, failing],
    "error-in-stream": [plain + query, failing],
    "proxy-refuses": [plain + query, failing, wrong],
    "proxy-refuses-tunnel": [`${secure}/${query}`, `${failing}, tls: {ca: ca.crt}`, wrong],
    unhealthy: [
      plain + query,
      `${failing}, health_check: {path: "/unhealthy/probe?key=${secrets.probe.value}", interval: 1, unhealthy: 1}`,
    ],
  };
  const names = Object.keys(upstreams);
  const group = (name: string): string => {
    const [, , client = ""] = upstreams[name] ?? [];
    return `  - {name: ${name}, upstreams: [{name: ${name}}], http_client: {retry: {enabled: true, attempts: 1, initial: 100}${client === "" ? "" : `, ${client}`}}}`;
  };
  return `
http_server:
  forwards:
    - name: main
      port: 0
      address: 127.0.0.1
      upstream_group: open
      routing: [${names.map((name) => `{path: /${name}/*, target_group: ${name}}`).join(", ")}]
      tls: {cert: server.crt, key: server.key}
    - {name: narrow, port: 0, address: 127.0.0.1, upstream_group: open, max_body_size: 10, ratelimit: {enabled: true, per_second: 1, burst: 8}}
  admin: {port: 0, address: 127.0.0.1, auth: {token: ${quoted(secrets.adminFile.value)}}, tls: {cert: server.crt, key: server.key}}
upstreams:
${names.map((name) => `  - {name: ${name}, url: ${quoted(upstreams[name]?.[0] ?? "")}, ${upstreams[name]?.[1]}}`).join("\n")}
upstream_groups:
${names.map(group).join("\n")}
`;
}

/** A request with a secret in every place that a client has. */
export function requestOf(secrets: ClientSecrets) {
  return {
    query: `?key=${inUrl(secrets.query.value)}&api%2dkey=${inUrl(secrets.queryKey.value)}`,
    headers: [
      ["authorization", `Bearer ${secrets.authorization.value}`],
      ["x-api-key", secrets.apiKey.value],
      ["api-key", secrets.azureKey.value],
      ["x-goog-api-key", secrets.googleKey.value],
      ["cookie", `session=${secrets.cookie.value}`],
      ["proxy-authorization", `Basic ${btoa(`u:${secrets.proxyAuthorization.value}`)}`],
      ["referer", `https://app.example/?token=${secrets.referer.value}`],
      ["content-type", "application/json"],
    ] as const,
    body: JSON.stringify({ stream: true, messages: [{ role: "user", content: secrets.body.value }] }),
  };
}
