/** The upstreams of the end-to-end fuzz: raw servers that read requests strictly and answer by a function. */

import { createServer, type Socket } from "node:net";
import type { Message } from "../../test/support/http-message.ts";
import { createParser, type Parser } from "../../test/support/http-wire.ts";
import { createChanges, now } from "../../test/support/wait.ts";

/** A request whose head is there; its body may still come. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly message: Message;
  readonly socket: Socket;
  /** Resolves when the body is whole; rejects when the connection ends before that. */
  body(): Promise<Buffer>;
  /** Takes the connection out of HTTP: what comes now is not read as requests. */
  takeOver(): void;
}

export interface Upstream {
  readonly port: number;
  /** Bytes of the program that are no requests, since the last call. */
  faults(): string[];
  close(): Promise<void>;
}

const DEADLINE = 10_000;

export async function startUpstream(answer: (request: Request) => Promise<void>): Promise<Upstream> {
  const sockets = new Set<Socket>();
  let faults: string[] = [];

  function serve(socket: Socket): void {
    const changes = createChanges();
    let parser: Parser | undefined;
    let announced = false;
    let isTaken = false;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("end", () => socket.end());
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      changes.changed();
    });
    socket.on("data", take);

    function take(data: Buffer): void {
      if (isTaken) return;
      parser ??= createParser({ bodyless: () => false, unframed: "none" });
      let rest: Buffer | undefined;
      try {
        rest = parser.push(data, now());
      } catch (error) {
        faults.push(`sent upstream: ${String(error)}`);
        socket.destroy();
        return;
      }
      const { message } = parser;
      if (!announced && message !== undefined) {
        announced = true;
        announce(message);
      }
      if (rest !== undefined) {
        parser = undefined;
        announced = false;
        if (rest.length > 0) take(rest);
      }
      changes.changed();
    }

    function announce(message: Message): void {
      const [method = "", target = ""] = message.startLine.split(" ");
      const [path = "", query = ""] = target.split(/\?(.*)/s);
      const request: Request = {
        method,
        path,
        query: new URLSearchParams(query),
        message,
        socket,
        async body() {
          await changes.until(() => message.complete || socket.destroyed, DEADLINE, "a request's body");
          if (!message.complete) throw new Error("the request broke");
          return message.body;
        },
        takeOver() {
          isTaken = true;
        },
      };
      answer(request).catch(() => socket.destroy());
    }
  }

  const server = createServer({ allowHalfOpen: true }, serve);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", 1024, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    faults() {
      const found = faults;
      faults = [];
      return found;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Writes bytes; resolves when the system has them, or the connection is gone. */
export function write(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("close", done);
      resolve();
    };
    if (socket.destroyed) return resolve();
    socket.once("close", done);
    socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, done);
  });
}

/** A whole answer of plain text. */
export function plain(text: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

export function chunk(data: string): string {
  return `${Buffer.byteLength(data).toString(16)}\r\n${data}\r\n`;
}
