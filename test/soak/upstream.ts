/**
 * The soak's upstreams, a process of its own: three raw TCP servers that answer well most of the time and otherwise break
 * in every way there is. Prints the ports. `calm` on standard input ends the faults.
 */

import { createServer, type Server, type Socket } from "node:net";
import * as wire from "../conformance/wire.ts";
import { tokensOf } from "./tokens.ts";

/** One request in so many goes wrong. */
const FAULTY = 10;

/** How long a listener is gone, and how long it is there in between (ms). */
const GONE = 200;
const THERE = 5_000;

let calm = false;

interface Asked {
  readonly id: string;
  readonly stream: boolean;
  readonly count: number;
  readonly gap: number;
}

type Fault = (socket: Socket, asked: Asked) => void;

const status =
  (code: number, more = ""): Fault =>
  (socket) =>
    socket.write(
      `HTTP/1.1 ${code} Fault\r\n${more}content-type: application/json\r\ncontent-length: 17\r\n\r\n{"error":{"a":1}}`,
    );

function head({ stream }: Asked): string {
  return stream ? wire.SSE : wire.JSON_HEAD;
}

function begun(asked: Asked): string {
  const content = asked.stream
    ? wire.ROLE + wire.choice({ content: "cut short" })
    : `{"choices":[{"message":"cut sh`;
  return head(asked) + wire.chunk(content);
}

const later = (socket: Socket, act: () => void): void => {
  setTimeout(() => {
    if (!socket.destroyed) act();
  }, 50);
};

const FAULTS: readonly Fault[] = [
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(),
  () => {},
  (socket) => socket.end("nonsense\r\n\r\n"),
  (socket, asked) => {
    socket.write(begun(asked));
    later(socket, () => socket.end());
  },
  (socket, asked) => {
    socket.write(begun(asked));
    later(socket, () => socket.resetAndDestroy());
  },
  (socket, asked) => socket.write(begun(asked)),
  (socket, asked) => socket.write(head(asked)),
  (socket, asked) => {
    socket.write(begun(asked));
    later(socket, () => socket.end("zz\r\nnonsense"));
  },
  (socket) => socket.write(wire.SSE + wire.chunk(wire.ROLE + wire.errorEvent("server_error")) + wire.END),
  (socket) => socket.write(wire.SSE + wire.chunk(wire.ROLE) + wire.END),
  (socket) => socket.write(wire.JSON_HEAD + wire.chunk(wire.errorAnswer("overloaded_error")) + wire.END),
  status(429, "retry-after-ms: 20\r\n"),
  status(500),
  status(502),
  status(503),
  status(504),
  status(529),
];

function answer(socket: Socket, asked: Asked): void {
  const fault = FAULTS[Math.floor(Math.random() * FAULTS.length)];
  if (!calm && Math.random() * FAULTY < 1 && fault !== undefined) fault(socket, asked);
  else if (asked.stream) void stream(socket, asked);
  else {
    const body = JSON.stringify({
      choices: [{ message: { content: tokensOf(asked.id, asked.count).join("") } }],
    });
    socket.write(
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }
}

async function stream(socket: Socket, { id, count, gap }: Asked): Promise<void> {
  socket.write(wire.SSE + wire.chunk(wire.ROLE));
  for (const token of tokensOf(id, count)) {
    await new Promise((resolve) => setTimeout(resolve, gap));
    if (socket.destroyed) return;
    socket.write(wire.chunk(wire.choice({ content: token })));
  }
  socket.write(wire.chunk(`${wire.choice({}, "stop")}data: [DONE]\n\n`) + wire.END);
}

function serve(socket: Socket): void {
  let text = "";
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.on("data", (data) => {
    text += data.toString("latin1");
    for (;;) {
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const size = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
      if (text.length < end + 4 + size) return;
      const [method] = text.split(" ", 1);
      const body = text.slice(end + 4, end + 4 + size);
      text = text.slice(end + 4 + size);
      if (method === "GET") socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      else answer(socket, JSON.parse(body));
    }
  });
}

function listen(port: number): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(serve);
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", 4096, () => {
      const address = server.address();
      resolve({ server, port: typeof address === "object" && address !== null ? address.port : 0 });
    });
  });
}

/** A listener that is gone for a moment now and then; connections that stand, stand. */
async function comeAndGo(port: number, server: Server): Promise<void> {
  for (let current = server; ; ) {
    await new Promise((resolve) => setTimeout(resolve, THERE));
    if (calm) return;
    current.close();
    await new Promise((resolve) => setTimeout(resolve, GONE));
    current = (await listen(port)).server;
  }
}

const [a, b, c] = await Promise.all([listen(0), listen(0), listen(0)]);
process.stdout.write(`${JSON.stringify([a.port, b.port, c.port])}\n`);
process.stdin.on("data", () => {
  calm = true;
});
process.stdin.on("end", () => process.exit(0));
void comeAndGo(c.port, c.server);
