/** Malformed and hostile input of a client: it costs that client's connection and affects no other. */

import { expect } from "vitest";
import * as wire from "../../conformance/wire.ts";
import { ok, raw } from "../../support/behaviours.ts";
import { type BystanderFixture, besideAStream } from "../../support/bystander.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import { request } from "../../support/raw-request.ts";
import { createLatch } from "../../support/wait.ts";
import { NO_PIPELINING, REFUSES_INSIDE_ANSWERS } from "./lacks.ts";

async function setup({ upstream, start }: Kit): Promise<Omit<BystanderFixture, "connect">> {
  const up = await upstream();
  up.otherwise(ok());
  return {
    up,
    proxy: await start(simpleConfig({ upstreams: [["only", up.url]], forward: "timeout: {body: 1}" })),
  };
}

const HANDSHAKE =
  "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

function get(path: string, fields = ""): string {
  return `GET ${path} HTTP/1.1\r\nhost: a\r\n${fields}\r\n`;
}

/** Requests that break inside: their heads are whole, their bodies are not HTTP. */
const BROKEN: readonly (readonly [name: string, bytes: string])[] = [
  [
    "a POST whose chunks break",
    "POST /v1/embeddings HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nxyz",
  ],
  [
    "a HEAD whose chunks break",
    "HEAD // HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\x81\x05hello",
  ],
  [
    "a POST with Expect whose chunks break",
    "POST /v1/embeddings HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n",
  ],
];

/** What follows a request whose answer is still running. */
const FOLLOWERS: readonly (readonly [name: string, bytes: string])[] = [
  ["a WebSocket handshake", get("/v1/realtime", HANDSHAKE)],
  ["a WebSocket handshake with Expect", get("/v1/realtime", `${HANDSHAKE}expect: 100-continue\r\n`)],
  ["two WebSocket handshakes", get("/v1/realtime", HANDSHAKE).repeat(2)],
  ["a request and a WebSocket handshake", get("/v1/models") + get("/v1/realtime", HANDSHAKE)],
  ["a WebSocket handshake and a request", get("/v1/realtime", HANDSHAKE) + get("/v1/models")],
  ["CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n"],
  ["an upgrade to h2c", get("/v1/models", "connection: Upgrade\r\nupgrade: h2c\r\n")],
  ["bytes that are no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
  ...BROKEN,
];

type Fixture = Omit<BystanderFixture, "connect"> & Kit;

/** The first of two pipelined requests is answered whole, whatever the second one is (RFC 9112 §9.3.2). */
function pipelined(
  [name, bytes]: (typeof FOLLOWERS)[number],
  moment: "at once" | "after the head",
): Row<Fixture> {
  return {
    name: `${name} ${moment} behind a request whose answer is running: that answer is whole`,
    skip: NO_PIPELINING,
    run: (fixture) =>
      besideAStream(fixture, async () => {
        const { up, proxy, connect } = fixture;
        const path = uniquePath();
        const release = createLatch<void>();
        const size = 3 * 1024 * 1024;
        up.on(path, async ({ write }) => {
          write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\nfirst`);
          await release.promise;
          write(Buffer.alloc(size - 5, "x"));
        });
        const client = await connect(proxy.port("main"));
        const first = client.next({ keep: true });
        await client.send(Buffer.from(moment === "at once" ? get(path) + bytes : get(path), "latin1"));
        await first.until("first");
        if (moment !== "at once") await client.send(Buffer.from(bytes, "latin1"));
        release.open();
        const answer = await first.end();
        expect([answer.status, answer.end, answer.body.length]).toEqual([200, "complete", size]);
        expect(answer.text().replaceAll("x", "")).toBe("first");
        // The second is answered, or its connection is closed.
        await client
          .next()
          .head()
          .then(
            ({ status }) => expect(status).toBeGreaterThan(100),
            () => expect(client.closed).toBeDefined(),
          );
        client.close();
      }),
  };
}

/** Answers that run or wait are whole and in order, with nothing between them; then the connection closes. */
function behindTwo([name, bytes]: (typeof BROKEN)[number]): Row<Fixture> {
  return {
    name: `${name} behind a running and a waiting answer: both are whole, and it closes the connection`,
    skip: REFUSES_INSIDE_ANSWERS,
    run: (fixture) =>
      besideAStream(fixture, async () => {
        const { up, proxy, connect } = fixture;
        const [running, waiting] = [uniquePath(), uniquePath()];
        const release = createLatch<void>();
        up.on(running, async ({ write }) => {
          write(wire.SSE + wire.chunk("first"));
          await release.promise;
          write(wire.chunk(" last") + wire.END);
        });
        up.on(waiting, raw(wire.SSE + wire.chunk("waiting") + wire.END));
        const client = await connect(proxy.port("main"));
        const first = client.next();
        await client.send(Buffer.from(get(running) + get(waiting), "latin1"));
        await first.until("first");
        await client.send(Buffer.from(bytes, "latin1"));
        release.open();
        const one = await first.end();
        const two = await client.next().end();
        expect([one.end, one.text(), two.end, two.text()]).toEqual([
          "complete",
          "first last",
          "complete",
          "waiting",
        ]);
        // The broken one is answered in its turn, or not at all.
        const three = await client
          .next({ head: bytes.startsWith("HEAD") })
          .end()
          .catch(() => undefined);
        expect(three?.end ?? "complete").toBe("complete");
        // Deno's server waits for the rest of the body.
        if (fixture.program !== "deno") await client.untilClosed();
        client.close();
      }),
  };
}

const EXPECTING: Row<Fixture> = {
  name: "a POST with Expect behind a running answer: its 100 comes before its own answer, not inside it",
  skip: NO_PIPELINING,
  run: (fixture) =>
    besideAStream(fixture, async () => {
      const { up, proxy, connect } = fixture;
      const [running, waiting] = [uniquePath(), uniquePath()];
      const release = createLatch<void>();
      up.on(running, async ({ write }) => {
        write(wire.SSE + wire.chunk("first"));
        await release.promise;
        write(wire.END);
      });
      const answered = createLatch<void>();
      up.on(waiting, ({ write }) => {
        write("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecond");
        answered.open();
      });
      const client = await connect(proxy.port("main"));
      const first = client.next();
      await client.send(
        `${get(running)}POST ${waiting} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n{}`,
      );
      await first.until("first");
      // Deno's server reads the second request after the first one's answer.
      if (fixture.program !== "deno") await answered.promise;
      // Answered later: by then the proxy has the answer that waits.
      await request(proxy.port("main"), uniquePath());
      release.open();
      expect((await first.end()).end).toBe("complete");
      const second = await client.next().end();
      expect([second.status, second.end, second.text()]).toEqual([200, "complete", "second"]);
      client.close();
    }),
};

/** Sent on a connection of its own, which is then reset. */
const RESETS: readonly (readonly [name: string, bytes: string])[] = [
  ["CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n"],
  ["CONNECT to a path", "CONNECT /x HTTP/1.1\r\nhost: example.com\r\n\r\n"],
  ["a WebSocket handshake", get("/v1/realtime", HANDSHAKE)],
  ["a WebSocket handshake with a body", get("/v1/realtime", `${HANDSHAKE}content-length: 5\r\n`)],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a request that is refused", "GET / HTTP/1.1\r\nhost: a b\r\n\r\n"],
  ["bytes that are no HTTP", "\x16\x03\x01\x02\x00\x01\r\n\r\n"],
  ["half a head", "GET / HTTP/1.1\r\nhost:"],
  ["half a body", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc"],
  [
    "a body that is announced",
    "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\nexpect: 100-continue\r\n\r\n",
  ],
  ["an unknown expectation", "GET / HTTP/1.1\r\nhost: a\r\nexpect: more\r\n\r\n"],
];

const rows: readonly Row<Fixture>[] = [
  ...FOLLOWERS.flatMap((follower) => [pipelined(follower, "at once"), pipelined(follower, "after the head")]),
  ...BROKEN.map(behindTwo),
  EXPECTING,
  ...RESETS.flatMap(([name, bytes]): readonly Row<Fixture>[] => [
    {
      name: `${name}, and a reset at once`,
      run: (fixture) =>
        besideAStream(fixture, async () => {
          for (let i = 0; i < 20; i += 1) {
            const client = await fixture.connect(fixture.proxy.port("main"));
            client.socket.write(Buffer.from(bytes, "latin1"));
            client.reset();
          }
        }),
    },
    {
      name: `${name}, and a half-close`,
      run: (fixture) =>
        besideAStream(fixture, async () => {
          const client = await fixture.connect(fixture.proxy.port("main"));
          await client.send(Buffer.from(bytes, "latin1"));
          client.halfClose();
          await client
            .next()
            .head(1_000)
            .catch(() => undefined);
          client.reset();
        }),
    },
  ]),
  {
    name: "a client that resets while a long answer is written",
    run: (fixture) =>
      besideAStream(fixture, async () => {
        const path = uniquePath();
        fixture.up.on(path, ({ write }) => {
          write(wire.SSE);
          for (let i = 0; i < 64; i += 1) write(wire.chunk("x".repeat(65_536)));
        });
        const client = await fixture.connect(fixture.proxy.port("main"));
        const answer = client.next();
        await client.send(get(path));
        await answer.until("xxx");
        client.reset();
      }),
  },
];

contract("clients that break HTTP", setup, rows);
