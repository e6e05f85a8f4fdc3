import { expect } from "vitest";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import { startUpstream } from "../../support/fault-upstream.ts";
import type { LogLine, RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";
import { openSocket, type Refused, type SocketClient, tryToOpen } from "../../support/socket-client.ts";
import {
  acceptance,
  answerPlainly,
  type SocketUpstream,
  startSocketUpstream,
} from "../../support/socket-upstream.ts";
import { eventually, now } from "../../support/wait.ts";
import { REFUSES_UPGRADES_WITH_BODY } from "./lacks.ts";

interface Fixture {
  readonly up: SocketUpstream;
  readonly other: SocketUpstream;
  readonly proxy: RunningProxy;
  /** Opens a WebSocket at a path of the forward `main`. */
  open(path: string, options?: Parameters<typeof openSocket>[1]): Promise<SocketClient>;
  refused(path: string): Promise<Refused>;
  /** The access line of the request at `path`. */
  logged(path: string): Promise<LogLine>;
  /** A metric's value now; 0 where it is not there. */
  metric(series: RegExp): Promise<number>;
}

async function setup({ start, scope }: Kit): Promise<Fixture> {
  const up = await startSocketUpstream();
  const other = await startSocketUpstream();
  scope.defer(() => up.close());
  scope.defer(() => other.close());
  const dead = await startUpstream();
  await dead.close();
  const proxy = await start(`
http_server:
  forwards:
    - name: main
      port: 0
      address: 127.0.0.1
      upstream_group: one
      routing:
        - {path: /keyed/*, target_group: keyed, strip_prefix: /keyed}
        - {path: /both/*, target_group: both}
        - {path: /moves/*, target_group: moves}
        - {path: /retries/*, target_group: retries}
        - {path: /dead/*, target_group: dead}
        - {path: /full/*, target_group: full}
        - {path: /left/*, target_group: left}
    - {name: limited, port: 0, address: 127.0.0.1, upstream_group: one, ratelimit: {per_second: 1, burst: 1}}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
  - {name: one, url: "${up.url}"}
  - {name: two, url: "${other.url}"}
  - {name: dead, url: "${dead.url}"}
  - {name: single, url: "${up.url}", max_in_flight: 1}
  - {name: left, url: "${up.url}"}
  - name: keyed
    url: "${up.url}/v1"
    auth: {type: bearer, token: own-key}
    headers:
      - {op: insert, key: openai-beta, value: realtime=v1}
      - {op: replace, key: x-tenant, value: proxy}
      - {op: remove, key: cookie}
upstream_groups:
  - {name: one, upstreams: [{name: one}], http_client: {timeout: {connect: 1}}}
  - {name: keyed, upstreams: [{name: keyed}]}
  - {name: both, upstreams: [{name: one}, {name: two}], balance: {strategy: roundrobin}}
  - {name: moves, upstreams: [{name: dead}, {name: two}], balance: {strategy: failover}}
  - name: retries
    upstreams: [{name: one}, {name: two}]
    balance: {strategy: roundrobin}
    http_client: {retry: {attempts: 1, initial: 100}}
  - {name: dead, upstreams: [{name: dead}]}
  - {name: full, upstreams: [{name: single}]}
  - {name: left, upstreams: [{name: left}]}
`);
  const url = (path: string): string => `ws://127.0.0.1:${proxy.port("main")}${path}`;
  return {
    up,
    other,
    proxy,
    async open(path, options) {
      const client = await openSocket(url(path), options);
      scope.defer(() => client.close());
      return client;
    },
    async refused(path) {
      const outcome = await tryToOpen(url(path));
      if (!("status" in outcome)) throw new Error("it was opened");
      return outcome;
    },
    logged: (path) => proxy.logged((line) => line["msg"] === "request" && line["path"] === path),
    async metric(series) {
      const text = (await request(proxy.adminPort, "/metrics")).text();
      const line = text.split("\n").find((candidate) => series.test(candidate));
      return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(" ")));
    },
  };
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "routes, prefixes, auth and header rules hold for a handshake",
    async run({ up, open }) {
      const path = uniquePath();
      await open(`/keyed/v1${path}?model=x`, {
        headers: { authorization: "Bearer theirs", cookie: "a=b", "x-tenant": "theirs" },
      });
      const { url, headers } = (await up.socket(`/v1${path}`)).request;
      expect(url).toBe(`/v1${path}?model=x`);
      expect([headers.authorization, headers["openai-beta"], headers["x-tenant"], headers.cookie]).toEqual([
        "Bearer own-key",
        "realtime=v1",
        "proxy",
        undefined,
      ]);
    },
  },
  {
    name: "a browser's key in the subprotocols or the query is dropped where the upstream has its own",
    async run({ up, open }) {
      const [one, two] = [uniquePath(), uniquePath()];
      const protocols = [
        "realtime",
        "openai-insecure-api-key.sk-theirs",
        "xai-client-secret.theirs",
        "rt_theirs",
      ];
      await open(`/keyed${one}?api-key=theirs&model=x`, { protocols });
      await open(`${two}?api-key=theirs&model=x`, { protocols });
      const got = async (path: string) => {
        const { url, headers } = (await up.socket(path)).request;
        return [url, headers["sec-websocket-protocol"]?.split(/, ?/)];
      };
      expect(await got(`/v1${one}`)).toEqual([`/v1${one}?model=x`, ["realtime"]]);
      expect(await got(two)).toEqual([`${two}?api-key=theirs&model=x`, protocols]);
    },
  },
  {
    name: "WebSockets are balanced like requests",
    async run({ up, other, open }) {
      const path = `/both${uniquePath()}`;
      for (let i = 0; i < 4; i += 1) await open(path);
      expect([up.handshakes(path).length, other.handshakes(path).length]).toEqual([2, 2]);
    },
  },
  {
    name: "an upstream that refuses the connection moves on to the next",
    async run({ open, logged }) {
      const path = `/moves${uniquePath()}`;
      const client = await open(path);
      expect(client.headers["x-llmproxy-upstream"]).toBe("two");
      expect(client.headers["x-llmproxy-attempts"]).toBe("2");
      client.socket.close(1000);
      expect(await logged(path)).toMatchObject({
        status: 101,
        attempts: 2,
        upstream: "two",
        reason: "refused",
      });
    },
  },
  {
    name: "a 503 to the handshake is retried elsewhere, and a 403 is not",
    async run({ up, other, open, refused }) {
      const busy = `/retries${uniquePath()}`;
      for (const each of [up, other]) {
        each.instead(busy, (_request, tcp) => {
          each.instead(busy, (_again, next) => next.end(answerPlainly("500 Twice", "")));
          tcp.end(answerPlainly("503 Busy", "busy"));
        });
      }
      expect(await refused(busy)).toMatchObject({ status: 503, body: "busy" });
      expect([up.handshakes(busy).length, other.handshakes(busy).length]).toEqual([1, 1]);
      const half = `/retries${uniquePath()}`;
      up.instead(half, (_request, tcp) => tcp.end(answerPlainly("503 Busy", "busy")));
      const [first, second] = [await open(half), await open(half)];
      expect([first, second].map(({ headers }) => headers["x-llmproxy-upstream"])).toEqual(["two", "two"]);
      const forbidden = `/retries${uniquePath()}`;
      for (const each of [up, other]) {
        each.instead(forbidden, (_request, tcp) => tcp.end(answerPlainly("403 No", "no")));
      }
      expect(await refused(forbidden)).toMatchObject({ status: 403, body: "no" });
      expect(up.handshakes(forbidden).length + other.handshakes(forbidden).length).toBe(1);
    },
  },
  {
    name: "with no upstream to connect to the handshake is 502",
    async run({ refused }) {
      const { status, headers, body } = await refused(`/dead${uniquePath()}`);
      expect([status, headers["x-llmproxy-error"]]).toEqual([502, "upstream_unreachable"]);
      expect(JSON.parse(body)).toMatchObject({ error: { code: "upstream_unreachable" } });
    },
  },
  {
    name: "a handshake without an answer is 504 after timeout.connect",
    async run({ up, refused, logged }) {
      const path = uniquePath();
      up.instead(path, () => undefined);
      const began = now();
      const { status, headers } = await refused(path);
      expect([status, headers["x-llmproxy-error"]]).toEqual([504, "upstream_timeout"]);
      expect(now() - began).toBeGreaterThan(950);
      expect(now() - began).toBeLessThan(2_500);
      expect(await logged(path)).toMatchObject({ reason: "request_timeout", status: 504 });
    },
  },
  {
    name: "a 101 that does not answer the handshake is 502",
    async run({ up, refused }) {
      const path = uniquePath();
      up.instead(path, (_request, tcp) =>
        tcp.end(
          "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: bm8=\r\n\r\n",
        ),
      );
      const { status, headers } = await refused(path);
      expect([status, headers["x-llmproxy-error"]]).toEqual([502, "upstream_bad_response"]);
    },
  },
  {
    name: "an upstream that answers the handshake with a 200 has its answer passed on",
    async run({ up, refused }) {
      const path = uniquePath();
      up.instead(path, (_request, tcp) => tcp.end(answerPlainly("200 OK", "no WebSockets here")));
      expect(await refused(path)).toMatchObject({ status: 200, body: "no WebSockets here" });
    },
  },
  {
    name: "a client that leaves while its handshake waits ends the upstream's",
    async run({ up, proxy, connect, logged }) {
      const path = uniquePath();
      const gone = new Promise<void>((resolve) => {
        up.instead(path, (_request, tcp) => {
          tcp.resume().once("end", resolve).once("close", resolve);
          client.close();
        });
      });
      const client = await connect(proxy.port("main"));
      await client.send(
        `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      );
      await gone;
      expect(await logged(path)).toMatchObject({ status: 499, error: "client_closed" });
    },
  },
  {
    name: "a client that half-closes while its handshake waits has its connection closed",
    async run({ up, proxy, connect }) {
      for (let i = 0; i < 5; i += 1) {
        const path = uniquePath();
        const client = await connect(proxy.port("main"));
        up.instead(path, (request, tcp) => void setTimeout(() => tcp.write(acceptance(request)), 5));
        const sent = client.send(
          `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
        );
        // Together with the handshake, so that the server reads both at once.
        client.halfClose();
        await sent;
        await client.untilClosed(5_000);
      }
    },
  },
  {
    name: "a handshake without a version is 400, and says why",
    async run({ proxy, connect }) {
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      await client.send(
        "GET /x HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      );
      const { status, ...rest } = await answer.end(3_000);
      expect([status, rest.header("x-llmproxy-error")]).toEqual([400, "bad_request"]);
      expect(rest.text()).toContain("Sec-WebSocket-Version: 13, not none");
    },
  },
  {
    name: "a request that asks for h2c is answered by HTTP/1.1, body and all",
    skip: REFUSES_UPGRADES_WITH_BODY,
    async run({ connect, upstream, start }) {
      const plain = await upstream();
      plain.on("/plain", async (exchange) => {
        const body = await exchange.body();
        exchange.write(Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`));
      });
      const own = await start(`
http_server: {forwards: [{name: main, port: 0, address: 127.0.0.1, upstream_group: pool}]}
upstreams: [{name: plain, url: "${plain.url}"}]
upstream_groups: [{name: pool, upstreams: [{name: plain}]}]
`);
      for (const body of ["hello", "again"]) {
        // What follows such a request on its connection is no request on Node.
        const client = await connect(own.port("main"));
        const answer = client.next();
        await client.send(
          `POST /plain HTTP/1.1\r\nhost: a\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\ncontent-length: 5\r\n\r\n${body}`,
        );
        const { status, ...rest } = await answer.end(3_000);
        expect([status, rest.text()]).toEqual([200, body]);
      }
    },
  },
  {
    name: "a forward's ratelimit counts handshakes",
    async run({ proxy }) {
      const url = `ws://127.0.0.1:${proxy.port("limited")}${uniquePath()}`;
      const first = await openSocket(url);
      const second = await tryToOpen(url);
      first.close();
      expect(second).toMatchObject({ status: 429, headers: { "x-llmproxy-error": "rate_limited" } });
    },
  },
  {
    name: "an open WebSocket is in flight, until it ends",
    async run({ open, refused }) {
      const path = `/full${uniquePath()}`;
      const client = await open(path);
      expect((await refused(path)).headers["x-llmproxy-error"]).toBe("no_upstream_available");
      client.socket.close(1000);
      await client.closed();
      await eventually(
        async () => {
          const again = await openSocket(client.socket.url).catch(() => undefined);
          again?.close();
          return again !== undefined;
        },
        3_000,
        "the upstream is free again",
      );
    },
  },
  {
    name: "clients that leave while their handshake is answered take no place for good",
    async run({ connect, metric, proxy, up }) {
      const inFlight = /^llmproxy_in_flight_requests\{group="left",upstream="left"\}/;
      for (let i = 0; i < 30; i += 1) {
        const path = `/left${uniquePath()}`;
        const client = await connect(proxy.port("main"));
        await client.send(
          `GET ${path} HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: Upgrade\r\n` +
            "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        );
        const seen = () => up.handshakes(path).length > 0 || client.closed !== undefined;
        if (i % 3 === 0) client.halfClose();
        if (i % 3 !== 2) await eventually(seen, 5_000, "the handshake");
        if (i % 3 === 1) client.halfClose();
        if (i % 2 === 0) client.close();
        else client.reset();
      }
      await eventually(async () => (await metric(inFlight)) === 0, 15_000, "nothing is in flight");
    },
  },
  {
    name: "metrics and the access line tell of a WebSocket at its end",
    async run({ open, logged, metric, up }) {
      const path = uniquePath();
      const requests = /^llmproxy_upstream_requests_total\{group="one",upstream="one"\}/;
      const durations = /^llmproxy_upstream_duration_seconds_count\{group="one",upstream="one"\}/;
      const inFlight = /^llmproxy_in_flight_requests\{group="one",upstream="one"\}/;
      const before = [await metric(requests), await metric(durations), await metric(inFlight)] as const;
      const client = await open(path);
      client.socket.send("12345");
      await client.next();
      client.socket.send(Buffer.alloc(100_000));
      await client.next();
      (await up.socket(path)).socket.send("only to the client");
      await client.next();
      expect(await metric(requests)).toBe(before[0] + 1);
      expect(await metric(durations)).toBe(before[1]);
      expect(await metric(inFlight)).toBe(before[2] + 1);
      client.socket.close(1000);
      expect(await logged(path)).toMatchObject({
        method: "GET",
        status: 101,
        group: "one",
        upstream: "one",
        attempts: 1,
        bytes_in: 100_005,
        bytes_out: 100_023,
      });
      expect(await metric(durations)).toBe(before[1] + 1);
      expect(await metric(inFlight)).toBe(before[2]);
    },
  },
  {
    name: "a client that breaks off is 499 in the log, and no failure of the upstream's",
    async run({ open, logged, metric, up }) {
      const path = uniquePath();
      const errors = /^llmproxy_upstream_errors_total\{error="cut",group="one",upstream="one"\}/;
      const before = await metric(errors);
      const client = await open(path);
      await up.socket(path);
      client.socket.terminate();
      expect(await logged(path)).toMatchObject({ status: 499, error: "client_closed", upstream: "one" });
      expect(await metric(errors)).toBe(before);
    },
  },
  {
    name: "an upstream that breaks off is a cut in the log and its failure in the metrics",
    async run({ open, logged, metric, up }) {
      const path = uniquePath();
      const errors = /^llmproxy_upstream_errors_total\{error="cut",group="one",upstream="one"\}/;
      const before = await metric(errors);
      await open(path);
      (await up.socket(path)).tcp.destroy();
      expect(await logged(path)).toMatchObject({ status: 101, error: "cut", reason: "cut" });
      expect(await metric(errors)).toBe(before + 1);
    },
  },
];

contract("WebSockets and their upstreams", setup, rows);
