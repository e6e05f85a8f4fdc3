import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { openSocket, type SocketClient, tryToOpen } from "../../support/socket-client.ts";
import { type SocketUpstream, startSocketUpstream } from "../../support/socket-upstream.ts";
import { CUTS_WITH_1011 } from "./lacks.ts";

interface Fixture {
  readonly up: SocketUpstream;
  readonly proxy: RunningProxy;
  /** Opens a WebSocket at a path, which the upstream sees too. */
  open(path: string, options?: Parameters<typeof openSocket>[1]): Promise<SocketClient>;
}

async function setup({ start, scope }: Kit): Promise<Fixture> {
  const up = await startSocketUpstream();
  scope.defer(() => up.close());
  const proxy = await start(`
http_server:
  forwards:
    - {name: main, port: 0, address: 127.0.0.1, upstream_group: pool}
upstreams: [{name: only, url: "${up.url}"}]
upstream_groups: [{name: pool, upstreams: [{name: only}]}]
`);
  return {
    up,
    proxy,
    async open(path, options) {
      const client = await openSocket(`ws://127.0.0.1:${proxy.port("main")}${path}`, options);
      scope.defer(() => client.close());
      return client;
    },
  };
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "text and binary messages come back as what they were",
    async run({ open }) {
      const client = await open(uniquePath());
      client.socket.send("grüß Gott");
      client.socket.send(Buffer.from([0, 255, 128]));
      client.socket.send("");
      expect(await client.next()).toEqual({ data: Buffer.from("grüß Gott"), isBinary: false });
      expect(await client.next()).toEqual({ data: Buffer.from([0, 255, 128]), isBinary: true });
      expect(await client.next()).toEqual({ data: Buffer.alloc(0), isBinary: false });
    },
  },
  {
    name: "a message of 3 MiB comes back whole",
    async run({ open }) {
      const client = await open(uniquePath());
      const data = randomBytes(3 * 1024 * 1024);
      client.socket.send(data);
      const echo = await client.next();
      expect(echo.data.equals(data)).toBe(true);
    },
  },
  {
    name: "10,000 small messages come back in order",
    async run({ open }) {
      const client = await open(uniquePath());
      for (let i = 0; i < 10_000; i += 1) client.socket.send(`message ${i}`);
      for (let i = 0; i < 10_000; i += 1) expect(String((await client.next()).data)).toBe(`message ${i}`);
    },
  },
  {
    name: "a message in fragments comes whole",
    async run({ open }) {
      const client = await open(uniquePath());
      client.socket.send("one ", { fin: false });
      client.socket.send("two ", { fin: false });
      client.socket.send("three", { fin: true });
      expect(String((await client.next()).data)).toBe("one two three");
    },
  },
  {
    name: "the client's subprotocols go upstream, and the upstream's choice comes back",
    async run({ up, open }) {
      const path = uniquePath();
      const client = await open(path, { protocols: ["realtime", "openai-beta.realtime-v1"] });
      expect((await up.socket(path)).request.headers["sec-websocket-protocol"]).toBe(
        "realtime,openai-beta.realtime-v1",
      );
      expect(client.socket.protocol).toBe("realtime");
      const without = await open(uniquePath());
      expect(without.socket.protocol).toBe("");
    },
  },
  {
    name: "path, query, Origin and cookies go upstream, and the 101 says which upstream it is",
    async run({ up, open }) {
      const path = uniquePath();
      const client = await open(`${path}?model=gpt-realtime&x=%2F`, {
        origin: "https://app.test",
        headers: { cookie: "a=b", "x-request-id": "mine" },
      });
      const { request } = await up.socket(path);
      expect(request.url).toBe(`${path}?model=gpt-realtime&x=%2F`);
      expect([request.headers.origin, request.headers.cookie]).toEqual(["https://app.test", "a=b"]);
      expect(request.headers["x-forwarded-for"]).toBe("127.0.0.1");
      expect(client.headers["x-llmproxy-upstream"]).toBe("only");
      expect(client.headers["x-llmproxy-request-id"]).toBe("mine");
    },
  },
  {
    name: "a message that the upstream sends with its 101 arrives",
    async run({ up, open }) {
      const path = uniquePath();
      const opening = open(path);
      (await up.socket(path)).socket.send("hello");
      expect(String((await (await opening).next()).data)).toBe("hello");
    },
  },
  {
    name: "a ping is answered",
    async run({ open }) {
      const client = await open(uniquePath());
      const pong = new Promise<string>((resolve) =>
        client.socket.on("pong", (data) => resolve(String(data))),
      );
      client.socket.ping("are you there");
      expect(await pong).toBe("are you there");
    },
  },
  ...[1000, 1001, 1011, 1013, 3000, 4999].flatMap((code): Row<Fixture & Kit>[] => [
    {
      name: `the client's close with ${code} reaches the upstream`,
      async run({ up, open }) {
        const path = uniquePath();
        const client = await open(path);
        client.socket.close(code, "that's it");
        expect(await up.closed(path)).toEqual({ code, reason: "that's it" });
        expect((await client.closed()).code).toBe(code);
      },
    },
    {
      name: `the upstream's close with ${code} reaches the client`,
      async run({ up, open }) {
        const path = uniquePath();
        const client = await open(path);
        (await up.socket(path)).socket.close(code, "that's it");
        expect(await client.closed()).toEqual({ code, reason: "that's it" });
        expect((await up.closed(path)).code).toBe(code);
      },
    },
  ]),
  {
    name: "a close without a code has none on the other side either",
    async run({ up, open }) {
      const [one, two] = [uniquePath(), uniquePath()];
      const client = await open(one);
      client.socket.close();
      expect((await up.closed(one)).code).toBe(1005);
      const other = await open(two);
      (await up.socket(two)).socket.close();
      expect((await other.closed()).code).toBe(1005);
    },
  },
  {
    name: "a client whose connection ends without a close leaves the upstream without one",
    async run({ up, open }) {
      const path = uniquePath();
      const client = await open(path);
      await up.socket(path);
      client.socket.terminate();
      expect((await up.closed(path)).code).toBe(1006);
    },
  },
  {
    name: "an upstream whose connection ends without a close leaves the client without one",
    skip: CUTS_WITH_1011,
    async run({ up, open }) {
      const path = uniquePath();
      const client = await open(path);
      (await up.socket(path)).tcp.destroy();
      expect((await client.closed()).code).toBe(1006);
    },
  },
  {
    name: "an upstream whose connection ends without a close is no normal close for the client",
    async run({ up, open }) {
      const path = uniquePath();
      const client = await open(path);
      const { tcp } = await up.socket(path);
      // The beginning of a message of 5 bytes.
      tcp.write(Buffer.from([0x81, 5, 0x68]));
      tcp.end();
      expect([1006, 1011]).toContain((await client.closed()).code);
      expect(client.count).toBe(0);
    },
  },
  {
    name: "a refused handshake comes back as the upstream answered it",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.instead(path, (_request, tcp) =>
        tcp.end(
          'HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\nwww-authenticate: Bearer\r\ncontent-length: 16\r\nconnection: close\r\n\r\n{"error":"key?"}',
        ),
      );
      const refused = await tryToOpen(`ws://127.0.0.1:${proxy.port("main")}${path}`);
      expect(refused).toMatchObject({ status: 401, body: '{"error":"key?"}' });
      expect((refused as { headers: object }).headers).toMatchObject({
        "content-type": "application/json",
        "www-authenticate": "Bearer",
        "x-llmproxy-upstream": "only",
      });
    },
  },
];

contract("WebSockets", setup, rows);
