import { expect } from "vitest";
import type { WebSocket } from "ws";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { openSocket, type SocketClient, tryToOpen } from "../../support/socket-client.ts";
import { type SocketUpstream, startSocketUpstream } from "../../support/socket-upstream.ts";
import { eventually, pause } from "../../support/wait.ts";
import { CLIENTS_ARE_NOT_SLOWED, EXTENSIONS_ARE_EACH_SIDES, SOCKETS_ARE_NOT_SLOWED } from "./lacks.ts";

const MIB = 1024 * 1024;

interface Fixture {
  readonly up: SocketUpstream;
  readonly proxy: RunningProxy;
  open(path: string, options?: Parameters<typeof openSocket>[1]): Promise<SocketClient>;
}

/** A program and an upstream that sends nothing by itself. */
async function begin({ start, scope }: Kit, ...args: readonly string[]): Promise<Fixture> {
  const up = await startSocketUpstream({ echo: false, deflate: true });
  scope.defer(() => up.close());
  const proxy = await start(simpleConfig({ upstreams: [["only", up.url]] }), { args });
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

/** What is sent to a side that does not read. Much more than sockets and the proxy hold (MiB). */
const MUCH = 112;
/** More than they hold. */
const ENOUGH = 24;

/** Least of MUCH that still waits with its sender: the rest is what sockets and the proxy hold (bytes). */
const LEAST = 64 * MIB;

/** Sends messages of 1 MiB, each of bytes of its number. */
function sendTo(send: (message: Buffer) => void, messages: number): void {
  for (let i = 0; i < messages; i += 1) send(Buffer.alloc(MIB, i));
}

/** What waits with a sender once nothing of it has moved for a while (bytes). */
async function waitingWith(sender: WebSocket): Promise<number> {
  let [before, now] = [-1, sender.bufferedAmount];
  while (before !== now) {
    await pause(400);
    [before, now] = [now, sender.bufferedAmount];
  }
  return now;
}

const flowRows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a client that reads late gets every message, and they wait with the upstream",
    skip: SOCKETS_ARE_NOT_SLOWED,
    async run({ up, open }) {
      const path = uniquePath();
      const client = await open(path);
      const { socket } = await up.socket(path);
      client.socket.pause();
      sendTo((message) => socket.send(message), MUCH);
      expect(await waitingWith(socket)).toBeGreaterThan(LEAST);
      socket.close(1000, "done");
      client.socket.resume();
      for (let i = 0; i < MUCH; i += 1) expect((await client.next()).data[MIB - 1]).toBe(i);
      expect(await client.closed()).toEqual({ code: 1000, reason: "done" });
    },
  },
  {
    name: "a client that does not read gets all in the end, or 1013 when too much waits for it",
    async run({ up, open }) {
      const path = uniquePath();
      const client = await open(path);
      const { socket } = await up.socket(path);
      client.socket.pause();
      sendTo((message) => socket.send(message), ENOUGH);
      await pause(300);
      client.socket.resume();
      const all = eventually(() => client.count === ENOUGH, 9_000, "all messages").then(() => undefined);
      const end = await Promise.race([client.closed(), all]);
      if (end !== undefined) expect(end.code).toBe(1013);
    },
  },
  {
    name: "an upstream that reads late gets every message, and they wait with the client",
    skip: CLIENTS_ARE_NOT_SLOWED,
    async run({ up, open }) {
      const path = uniquePath();
      const client = await open(path);
      const { socket } = await up.socket(path);
      let count = 0;
      socket.on("message", () => {
        count += 1;
      });
      socket.pause();
      sendTo((message) => client.socket.send(message), MUCH);
      expect(await waitingWith(client.socket)).toBeGreaterThan(LEAST);
      client.socket.close(1000);
      socket.resume();
      expect((await up.closed(path)).code).toBe(1000);
      expect(count).toBe(MUCH);
    },
  },
  {
    name: "an upstream that does not read gets all in the end, or the client 1013 when too much waits",
    async run({ up, open, program }) {
      const path = uniquePath();
      const client = await open(path);
      const { socket } = await up.socket(path);
      let count = 0;
      socket.on("message", () => {
        count += 1;
      });
      socket.pause();
      sendTo((message) => client.socket.send(message), ENOUGH);
      await pause(300);
      socket.resume();
      const all = eventually(() => count === ENOUGH, 9_000, "all messages").then(() => undefined);
      const end = await Promise.race([client.closed(), all]);
      // Deno breaks a connection that is closed while the client still sends, and the close with it.
      const codes = program === "deno" ? [1013, 1006] : [1013];
      if (end !== undefined) expect(codes).toContain(end.code);
    },
  },
  {
    name: "permessage-deflate is agreed on by client and upstream",
    skip: EXTENSIONS_ARE_EACH_SIDES,
    async run({ up, open }) {
      const path = uniquePath();
      const client = await open(path, { perMessageDeflate: true });
      expect(client.headers["sec-websocket-extensions"]).toContain("permessage-deflate");
      const { socket } = await up.socket(path);
      socket.send("a".repeat(100_000));
      expect((await client.next()).data.byteLength).toBe(100_000);
    },
  },
  {
    name: "a client and an upstream that offer to compress understand each other",
    async run({ up, open }) {
      const path = uniquePath();
      const client = await open(path, { perMessageDeflate: true });
      const { socket } = await up.socket(path);
      const got = new Promise<string>((resolve) => socket.on("message", (data) => resolve(String(data))));
      client.socket.send("b".repeat(100_000));
      expect(await got).toHaveLength(100_000);
      socket.send("c".repeat(100_000));
      expect((await client.next()).data.byteLength).toBe(100_000);
    },
  },
];

const drainRows: readonly Row<Kit>[] = [
  {
    name: "an open WebSocket goes on after SIGTERM, and its end ends the program with 0",
    async run(kit) {
      const { up, proxy, open } = await begin(kit);
      const path = uniquePath();
      const client = await open(path);
      const { socket } = await up.socket(path);
      proxy.signal("SIGTERM");
      await proxy.logged((line) => line["msg"] === "draining" && line["running"] === 1);
      socket.send("still here");
      expect(String((await client.next()).data)).toBe("still here");
      client.socket.close(1000);
      expect((await up.closed(path)).code).toBe(1000);
      expect(await proxy.exited(5_000)).toBe(0);
    },
  },
  {
    name: "while it waits for a WebSocket to end, no other is opened",
    async run(kit) {
      const { up, proxy, open } = await begin(kit);
      const client = await open(uniquePath());
      proxy.signal("SIGTERM");
      await proxy.logged((line) => line["msg"] === "draining");
      const other = await tryToOpen(`ws://127.0.0.1:${proxy.port("main")}/new`).catch(() => undefined);
      expect(other === undefined || ("status" in other && other.status === 503)).toBe(true);
      expect(up.handshakes("/new")).toEqual([]);
      client.socket.close(1000);
      expect(await proxy.exited(5_000)).toBe(0);
    },
  },
  {
    name: "after the shutdown timeout both sides are closed with 1001, and the exit code says that it was cut",
    async run(kit) {
      const { up, proxy, open } = await begin(kit, "--shutdown-timeout", "1");
      const path = uniquePath();
      const client = await open(path);
      await up.socket(path);
      proxy.signal("SIGTERM");
      expect((await client.closed()).code).toBe(1001);
      expect((await up.closed(path)).code).toBe(1001);
      expect(await proxy.exited(5_000)).toBe(4);
      expect(proxy.log.find((line) => line["path"] === path)).toMatchObject({ status: 101, error: "cut" });
    },
  },
];

contract("WebSockets with slow ends", (kit) => begin(kit), flowRows);
contract("WebSockets at shutdown", async () => ({}), drainRows, { concurrent: true });
