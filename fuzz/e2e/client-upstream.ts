/** What the fuzzed upstream answers to the requests of random clients, by the last segment of their path. */

import { createHash } from "node:crypto";
import { chunk, plain, type Request, write } from "./upstream.ts";

/** Longest that a slow answer takes between its pieces (ms). */
const GAP = 20;
/** Longer than the program waits (ms). */
const LONG = 8_000;

export async function answerClient(request: Request): Promise<void> {
  const name = request.path.split("/").at(-1) ?? "";
  const behaviour = BEHAVIOURS[name] ?? echo;
  await behaviour(request);
}

type Behaviour = (request: Request) => Promise<void>;

/** What tells whose answer it is: the request's number, method and length. */
async function textOf({ query, method, body }: Request): Promise<string> {
  return `n=${query.get("n")} ${method} ${(await body()).length}`;
}

async function send({ method, socket }: Request, head: string, ...pieces: readonly string[]): Promise<void> {
  await write(socket, head);
  if (method === "HEAD") return;
  for (const piece of pieces) await write(socket, piece);
}

const CHUNKED = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

const echo: Behaviour = async (request) => {
  const answer = plain(await textOf(request));
  const end = answer.indexOf("\r\n\r\n") + 4;
  await send(request, answer.slice(0, end), answer.slice(end));
};

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  echo,
  async chunks(request) {
    const text = await textOf(request);
    await send(request, CHUNKED, chunk(text.slice(0, 3)), `${chunk(text.slice(3))}0\r\n\r\n`);
  },
  async slow(request) {
    const text = await textOf(request);
    await send(request, CHUNKED, chunk(text));
    await new Promise((resolve) => setTimeout(resolve, GAP));
    await send(request, "", "0\r\n\r\n");
  },
  async big(request) {
    const text = await textOf(request);
    await send(
      request,
      `HTTP/1.1 200 OK\r\ncontent-length: ${text.length + 300_000}\r\n\r\n`,
      text,
      " ".repeat(300_000),
    );
  },
  async empty(request) {
    await request.body();
    await write(request.socket, "HTTP/1.1 204 No Content\r\n\r\n");
  },
  async cut(request) {
    await request.body();
    await send(request, CHUNKED, chunk("half"));
    request.socket.end();
  },
  async none(request) {
    await request.body();
    request.socket.end();
  },
  hang: () => new Promise((resolve) => setTimeout(resolve, LONG).unref()),
  async ws(request) {
    const { socket, query, message } = request;
    const how = query.get("how");
    const key = message.headers.find(([name]) => name.toLowerCase() === "sec-websocket-key")?.[1];
    if (key === undefined || how === "refuse")
      return write(socket, "HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno");
    if (how === "hang") return;
    const accept =
      how === "wrong-accept"
        ? "x"
        : createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    request.takeOver();
    socket.on("data", () => undefined);
    await write(
      socket,
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    const frames = SOCKET_FRAMES[how ?? ""];
    if (frames !== undefined) await write(socket, frames);
    if (how === "reset") socket.resetAndDestroy();
    if (how !== "hello" && how !== "flood") socket.end();
  },
};

const SOCKET_FRAMES: Readonly<Record<string, string>> = {
  hello: "\x81\x05hello\x89\0",
  garbage: "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
  reset: "\x81\x05hel",
  close: "\x88\x02\x03\xe8",
  flood: `\x82\x7e\xff\xff${"x".repeat(65_535)}`.repeat(8),
};
