/**
 * A listener that takes no more connections because its backlog is full, so that a connect hangs without an answer.
 * It is a process of its own that stops its event loop; before that it can serve, so that a client has met it.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";

export interface FullBacklog {
  readonly port: number;
  /** Closes all connections, stops accepting and fills the backlog. Resolves when a further connect hangs. */
  block(): Promise<void>;
  /** Takes connections again; resolves with the first lines of the requests that reached it half a second after. */
  wake(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const CHILD = `
const { createServer } = require("node:net");
const { readSync, writeSync } = require("node:fs");
const { setTimeout: pause } = require("node:timers/promises");
const sockets = new Set();
let lines = [];
const server = createServer((socket) => {
  sockets.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
  socket.on("data", (data) => {
    lines.push(String(data).split("\\r\\n")[0]);
    socket.write("HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nok");
  });
});
server.listen({ port: Number(process.argv[2]), host: process.argv[1], backlog: 1 }, async () => {
  writeSync(1, server.address().port + "\\n");
  for (;;) {
    const word = await new Promise((resolve) => process.once("message", resolve));
    for (const socket of sockets) socket.destroy();
    await pause(20);
    writeSync(1, "blocked\\n");
    readSync(3, Buffer.alloc(1));
    lines = [];
    await pause(500);
    writeSync(1, JSON.stringify(lines) + "\\n");
  }
});
`;

export interface FullBacklogOptions {
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** @default a free one */
  readonly port?: number;
}

/** Answers every request with 200 until it is told to block. */
export async function startFullBacklog({
  host = "127.0.0.1",
  port: wanted = 0,
}: FullBacklogOptions = {}): Promise<FullBacklog> {
  // The pipe is what the stopped process waits for; it is read without the event loop.
  const child = spawn(process.execPath, ["-e", CHILD, host, String(wanted)], {
    stdio: ["ignore", "pipe", "inherit", "pipe", "ipc"],
  });
  const wakeUp = child.stdio[3] as Writable;
  const { stdout } = child;
  if (stdout === null) throw new Error("no pipe");
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => String((await lines.next()).value);
  const port = Number(await nextLine());
  const fill: Socket[] = [];
  let blocked = false;

  function letGo(): void {
    for (const socket of fill.splice(0)) socket.destroy();
  }

  return {
    port,
    async block() {
      if (blocked) return;
      blocked = true;
      child.send("block");
      await nextLine();
      for (let tries = 0; tries < 16; tries += 1) {
        const socket = connect(port, host);
        socket.on("error", () => {});
        fill.push(socket);
        if (!(await connects(socket))) return;
      }
      throw new Error("the backlog can't be filled");
    },
    async wake() {
      letGo();
      wakeUp.write("x");
      blocked = false;
      return JSON.parse(await nextLine()) as readonly string[];
    },
    async close() {
      letGo();
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
    },
  };
}

/** Whether a connect on loopback is answered, which takes no time if ever. */
function connects(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 250);
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
