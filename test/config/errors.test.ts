import { describe, expect, it } from "vitest";
import { formatDiagnostic, loadConfig } from "../../src/config/load.ts";
import { configWith, errorsOf, load, type Parts } from "./support.ts";

/** Where, and what is said of it. */
const WRONG: readonly (readonly [Parts, string])[] = [
  [
    { forward: "port: 65536" },
    "http_server.forwards[0].port: found 65536, expected a whole number from 0 to 65535",
  ],
  [
    { forward: "port: -1" },
    "http_server.forwards[0].port: found -1, expected a whole number from 0 to 65535",
  ],
  [
    { forward: "port: 1.5" },
    "http_server.forwards[0].port: found 1.5, expected a whole number from 0 to 65535",
  ],
  [
    { forward: "port: '80'" },
    'http_server.forwards[0].port: found "80", expected a whole number from 0 to 65535',
  ],
  [
    { forward: "port: .nan" },
    "http_server.forwards[0].port: found NaN, expected a whole number from 0 to 65535",
  ],
  [
    { forward: "address: 1.2.3" },
    'http_server.forwards[0].address: found "1.2.3", expected an IP address or a host name',
  ],
  [
    { forward: "timeout: {body: 0.9}" },
    "http_server.forwards[0].timeout.body: found 0.9, expected a number of seconds from 1 to 3600",
  ],
  [{ forward: "timeout: 5" }, "http_server.forwards[0].timeout: found a single value, expected a map"],
  [{ forward: "timeout: []" }, "http_server.forwards[0].timeout: found a list, expected a map"],
  [{ forward: "routing: {}" }, "http_server.forwards[0].routing: found a map, expected a list"],
  [
    { forward: "adress: x" },
    'http_server.forwards[0].adress: unknown key, expected one of name, port, address, upstream_group, default_group, routing, ratelimit, timeout, tls, trusted_proxies, max_body_size, cors — did you mean "address"?',
  ],
  [
    { forward: "default_group: pool" },
    "http_server.forwards[0].default_group: found both upstream_group and default_group, expected one: they are the same",
  ],
  [
    { forward: "ratelimit: {burst: 99}" },
    "http_server.forwards[0].ratelimit.burst: found 99, expected at least per_second (100)",
  ],
  [
    { forward: "ratelimit: {burst: 2000001}" },
    "http_server.forwards[0].ratelimit.burst: found 2000001, expected a whole number from 1 to 2000000",
  ],
  [
    { forward: "max_body_size: 64MB" },
    'http_server.forwards[0].max_body_size: found "64MB", expected at least 1 bytes, as a number or as 512KiB, 64MiB, 1GiB',
  ],
  [
    { forward: "trusted_proxies: [10.0.0.0/33]" },
    'http_server.forwards[0].trusted_proxies[0]: found "10.0.0.0/33", expected an IP address or a CIDR range',
  ],
  [{ forward: "cors: {}" }, "http_server.forwards[0].cors.origins: missing, expected a list of at least one"],
  [
    { forward: "cors: {origins: []}" },
    "http_server.forwards[0].cors.origins: found an empty list, expected a list of at least one",
  ],
  [
    { forward: 'cors: {origins: ["*"], header: [a]}' },
    'http_server.forwards[0].cors.header: unknown key, expected one of origins, headers — did you mean "headers"?',
  ],
  [
    { forward: 'cors: {origins: ["*", "http://a.test"]}' },
    'http_server.forwards[0].cors.origins: found "*" among other origins, expected it alone: it is all of them',
  ],
  ...(
    [
      ["app.test", 'an origin such as "https://app.example.com"'],
      ["https://App.test:443/", '"https://app.test", as browsers send it'],
      ["http://a.test/path", '"http://a.test", as browsers send it'],
      ["app://", 'an origin such as "https://app.example.com"'],
      [
        "https://*.a.test",
        'an origin such as "https://app.example.com", or "*" alone for all: there are no patterns',
      ],
      ["null", 'an origin such as "https://app.example.com": every sandboxed page has the origin "null"'],
    ] as const
  ).map(
    ([found, expected]) =>
      [
        { forward: `cors: {origins: ["${found}"]}` },
        `http_server.forwards[0].cors.origins[0]: found ${JSON.stringify(found)}, expected ${expected}`,
      ] as const,
  ),
  [
    { forward: 'cors: {origins: ["*"], headers: [authorization, "*"]}' },
    'http_server.forwards[0].cors.headers[1]: found "*", expected a header name: without headers, all are allowed',
  ],
  [
    { forward: 'cors: {origins: ["*"], headers: ["a b"]}' },
    'http_server.forwards[0].cors.headers[0]: found "a b", expected a header name',
  ],
  [
    { forward: "routing: [{path: /x}]" },
    "http_server.forwards[0].routing[0].target_group: missing, expected a text that is not empty",
  ],
  [
    { forward: "routing: [{path: /x, target_group: pol}]" },
    'http_server.forwards[0].routing[0].target_group: found "pol", expected the name of an upstream group — did you mean "pool"?',
  ],
  [
    { forward: "routing: [{path: /x, target_group: pool}, {path: /x, target_group: pool}]" },
    'http_server.forwards[0].routing[1].path: found "/x" a second time (first: http_server.forwards[0].routing[0]), expected it once',
  ],
  [
    { forward: "routing: [{path: x, target_group: pool}]" },
    'http_server.forwards[0].routing[0].path: found "x", expected a path that begins with /',
  ],
  [
    { server: "admin: {port: 3000}" },
    "http_server.admin.port: found port 3000, on which http_server.forwards[0] listens already",
  ],
  [
    { server: "admin: {auth: {token: ''}}" },
    "http_server.admin.auth.token: found an empty text, expected a header value: not empty, one line, no control or non-Latin characters",
  ],
  [{ upstream: "name: two" }, "upstreams[0].name: found the key a second time, expected it once"],
  [
    { upstream: "path: joined" },
    'upstreams[0].path: found "joined", expected one of join, fixed — did you mean "join"?',
  ],
  [
    { upstream: "max_in_flight: 0" },
    "upstreams[0].max_in_flight: found 0, expected a whole number from 1 to 100000",
  ],
  [
    { upstream: "auth: {type: bearer}" },
    "upstreams[0].auth.token: missing, expected a header value: not empty, one line, no control or non-Latin characters",
  ],
  [
    { upstream: "auth: {type: basic, username: u}" },
    "upstreams[0].auth.password: missing, expected a text that is not empty and has no control characters",
  ],
  [
    { upstream: "auth: {type: basic, username: 'a:b', password: p}" },
    'upstreams[0].auth.username: found "a:b", expected a text that is not empty and has no colon',
  ],
  [
    { upstream: "auth: {type: Bearer, token: t}" },
    'upstreams[0].auth.type: found "Bearer", expected one of bearer, basic, none — did you mean "bearer"?',
  ],
  [
    { upstream: "auth: {type: bearer, token: 12345}" },
    "upstreams[0].auth.token: found a number, expected a header value: not empty, one line, no control or non-Latin characters — in quotes it is a text",
  ],
  [
    { upstream: "headers: [{op: insert, key: a}]" },
    "upstreams[0].headers[0].value: missing, expected a header value: not empty, one line, no control or non-Latin characters",
  ],
  [
    { upstream: "headers: [{op: insert, key: 'a b', value: c}]" },
    'upstreams[0].headers[0].key: found "a b", expected a header name',
  ],
  [
    { upstream: "headers: [{op: replace, key: Content-Length, value: '5'}, {op: remove, key: TE}]" },
    'upstreams[0].headers[0].key: found "content-length", expected a header that does not belong to the connection itself',
  ],
  [
    { upstream: "breaker: {threshold: 0}" },
    "upstreams[0].breaker.threshold: found 0, expected a number from 0.01 to 1",
  ],
  [
    { upstream: "health_check: {}" },
    "upstreams[0].health_check.path: missing, expected a path that begins with /",
  ],
  [
    { upstream: "health_check: {path: /x, timeout: 61}" },
    "upstreams[0].health_check.timeout: found 61, expected a number of seconds from 1 to 60",
  ],
  [
    { upstream: "ratelimit: {per_second: 0}" },
    "upstreams[0].ratelimit.per_second: found 0, expected a whole number from 1 to 1000000",
  ],
  [
    { client: "stream: true, stream_mode: true" },
    "upstream_groups[0].http_client.stream: found both stream_mode and stream, expected one: they are the same",
  ],
  [{ client: "stream: 'yes'" }, 'upstream_groups[0].http_client.stream: found "yes", expected true or false'],
  [
    { client: "keepalive: 601" },
    "upstream_groups[0].http_client.keepalive: found 601, expected a number of seconds from 0 to 600",
  ],
  [
    { client: "timeout: {idle: 0.5}" },
    "upstream_groups[0].http_client.timeout.idle: found 0.5, expected a number of seconds from 1 to 1800",
  ],
  [
    { client: "retry: {initial: 99}" },
    "upstream_groups[0].http_client.retry.initial: found 99, expected a whole number of milliseconds from 100 to 10000",
  ],
  [
    { client: "retry: {attempts: 101}" },
    "upstream_groups[0].http_client.retry.attempts: found 101, expected a whole number from 1 to 100",
  ],
  [
    { client: "proxy: {}" },
    "upstream_groups[0].http_client.proxy.url: missing, expected the URL of an HTTP proxy, http or https",
  ],
  [
    { client: "proxy: {url: 'socks5://u:p@h'}" },
    'upstream_groups[0].http_client.proxy.url: found "socks5://***@h", expected the URL of an HTTP proxy, http or https',
  ],
  [
    { client: "retry: {enabled: false, atempts: 3}" },
    'upstream_groups[0].http_client.retry.atempts: unknown key, expected one of enabled, attempts, initial — did you mean "attempts"?',
  ],
  [
    { client: "retry: {enabled: false, attempts: many}" },
    "upstream_groups[0].http_client.retry.attempts: found a value of the wrong type, expected a whole number from 1 to 100",
  ],
  [
    { group: "balance: {strategy: round_robin}" },
    'upstream_groups[0].balance.strategy: found "round_robin", expected one of roundrobin, weighted_roundrobin, random, iphash, least_requests, failover, response_aware — did you mean "roundrobin"?',
  ],
  [
    { top: "buffer_limit: -1" },
    "buffer_limit: found -1, expected at least 0 bytes, as a number or as 512KiB, 64MiB, 1GiB",
  ],
  [
    { top: "bufferlimit: 1" },
    'bufferlimit: unknown key, expected one of http_server, upstreams, upstream_groups, buffer_limit — did you mean "buffer_limit"?',
  ],
];

describe("a config that is wrong", () => {
  it.each(WRONG)("says of %o: %s", async (parts, expected) => {
    const result = await load(configWith(parts));
    expect(errorsOf(result)).toEqual([expected]);
    expect(result).not.toHaveProperty("config");
  });

  it.each([
    ["ftp://h/v1", 'found "ftp://h/v1", expected an http or https URL'],
    ["h:8000", 'found "h:8000", expected an http or https URL'],
    ["https://h/v1#top", "found a URL with a fragment, expected one without"],
    [
      "https://u:p@h/v1",
      "found a URL with credentials, expected them in auth (type: basic, username, password)",
    ],
  ])("says of the upstream URL %s: %s", async (url, expected) => {
    const text = configWith({}).replace("http://127.0.0.1:8001/v1", url);
    expect(errorsOf(await load(text))).toEqual([`upstreams[0].url: ${expected}`]);
  });

  it("is told of all its errors at once, in the order of the file, with their places", async () => {
    const { errors } = await load(`http_server:
  forwards:
    - name: a
      port: 99999
      upstream_group: poool
      colour: red
upstreams:
  - url: ftp://x
    auth:
      type: bearer
upstream_groups:
  - name: pool
    upstreams: []
    balance: {strategy: fastest}
`);
    expect(errors.map(formatDiagnostic)).toEqual([
      "/etc/llmproxy/config.yaml:4:13: http_server.forwards[0].port: found 99999, expected a whole number from 0 to 65535",
      '/etc/llmproxy/config.yaml:5:23: http_server.forwards[0].upstream_group: found "poool", expected the name of an upstream group — did you mean "pool"?',
      "/etc/llmproxy/config.yaml:6:7: http_server.forwards[0].colour: unknown key, expected one of name, port, address, upstream_group, default_group, routing, ratelimit, timeout, tls, trusted_proxies, max_body_size, cors",
      "/etc/llmproxy/config.yaml:8:5: upstreams[0].name: missing, expected a text that is not empty",
      '/etc/llmproxy/config.yaml:8:10: upstreams[0].url: found "ftp://x", expected an http or https URL',
      "/etc/llmproxy/config.yaml:10:7: upstreams[0].auth.token: missing, expected a header value: not empty, one line, no control or non-Latin characters",
      "/etc/llmproxy/config.yaml:13:16: upstream_groups[0].upstreams: found an empty list, expected a list of at least one",
      '/etc/llmproxy/config.yaml:14:25: upstream_groups[0].balance.strategy: found "fastest", expected one of roundrobin, weighted_roundrobin, random, iphash, least_requests, failover, response_aware',
    ]);
  });

  it("is told of every part that is missing", async () => {
    expect(errorsOf(await load("x-nothing: 1"))).toEqual([
      "http_server: missing, expected a map",
      "upstreams: missing, expected a list of at least one",
      "upstream_groups: missing, expected a list of at least one",
    ]);
  });

  it("may not use a name twice, nor name what is not there", async () => {
    const text = `http_server: {forwards: [{name: f, upstream_group: g, port: 1}, {name: f, upstream_group: g, port: 2}]}
upstreams: [{name: u, url: "http://h"}, {name: u, url: "http://h"}]
upstream_groups: [{name: g, upstreams: [{name: u}, {name: u}, {name: w}]}, {name: g, upstreams: [{name: u}]}]`;
    expect(errorsOf(await load(text)).map((line) => line.split(",")[0])).toEqual([
      'http_server.forwards[1].name: found "f" a second time (first: http_server.forwards[0])',
      'upstreams[1].name: found "u" a second time (first: upstreams[0])',
      'upstream_groups[0].upstreams[1].name: found "u" a second time (first: upstream_groups[0].upstreams[0])',
      'upstream_groups[0].upstreams[2].name: found "w"',
      'upstream_groups[1].name: found "g" a second time (first: upstream_groups[0])',
    ]);
  });

  it("says in one line that its file can't be read", async () => {
    const readTextFile = () => Promise.reject(new Error("no such file"));
    const result = await loadConfig("absent.yaml", { readTextFile, env: () => undefined });
    expect(result.errors.map(formatDiagnostic)).toEqual(["absent.yaml: can't be read: no such file"]);
    expect(result.unreadable).toBe(true);
  });
});

describe("listeners", () => {
  const twoListeners = (first: string, second: string): string =>
    configWith({
      forward: `port: 3000, address: "${first}"`,
      server: `admin: {port: 3000, address: "${second}"}`,
    });

  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["0.0.0.0", "127.0.0.1"],
    ["127.0.0.1", "0.0.0.0"],
    ["::", "::1"],
    ["::1", "0:0::0:1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["Example.com", "example.com"],
  ])("can't be on one port of %s and %s", async (first, second) => {
    expect(errorsOf(await load(twoListeners(first, second)))).toEqual([
      "http_server.admin.port: found port 3000, on which http_server.forwards[0] listens already",
    ]);
  });

  it.each([
    ["127.0.0.1", "127.0.0.2"],
    ["127.0.0.1", "::1"],
    ["example.com", "127.0.0.1"],
  ])("can be on one port of %s and %s", async (first, second) => {
    expect(errorsOf(await load(twoListeners(first, second)))).toEqual([]);
  });

  it("may all leave their port to the system", async () => {
    expect(errorsOf(await load(configWith({ forward: "port: 0", server: "admin: {port: 0}" })))).toEqual([]);
  });
});
