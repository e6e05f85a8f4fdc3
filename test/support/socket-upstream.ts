/** An upstream that speaks WebSocket, by the package `ws`: what it saw, and its end of each connection. */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { createChanges } from "./wait.ts";

/** One handshake, and the upstream's end of what it led to. */
export interface SeenSocket {
  readonly request: IncomingMessage;
  readonly socket: WebSocket;
  /** The TCP connection. */
  readonly tcp: Duplex;
  /** Set once it is closed; 1006 without a close frame. */
  readonly closed: { readonly code: number; readonly reason: string } | undefined;
}

export interface SocketUpstream {
  readonly url: string;
  readonly port: number;
  /** Handshakes that came for `path` (without query), refused ones included. */
  handshakes(path: string): readonly IncomingMessage[];
  /** Resolves with the socket that was opened at `path`. */
  socket(path: string): Promise<SeenSocket>;
  /** Resolves with how the socket at `path` ended. */
  closed(path: string): Promise<{ readonly code: number; readonly reason: string }>;
  /** Does something else than to open a WebSocket. */
  instead(path: string, answer: (request: IncomingMessage, tcp: Duplex) => void): void;
  close(): Promise<void>;
}

export interface SocketUpstreamOptions {
  /** Sends back what comes. @default true */
  readonly echo?: boolean;
  /** Takes offers of permessage-deflate. @default false */
  readonly deflate?: boolean;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A whole answer by HTTP, with its end. */
export function answerPlainly(status: string, body: string, fields = ""): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\n${fields}content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
}

/** The 101 that accepts a handshake (RFC 6455 §4.2.2). */
export function acceptance({ headers }: IncomingMessage): string {
  const key = `${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(key).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${accept}\r\n\r\n`;
}

export async function startSocketUpstream({
  echo = true,
  deflate = false,
  tls,
}: SocketUpstreamOptions = {}): Promise<SocketUpstream> {
  const changes = createChanges();
  const requests: IncomingMessage[] = [];
  const sockets: (SeenSocket & { closed: SeenSocket["closed"] })[] = [];
  const others = new Map<string, (request: IncomingMessage, tcp: Duplex) => void>();
  const connections = new Set<Duplex>();
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on("request", (_request, response) => response.end("no WebSocket"));
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: deflate });

  server.on("connection", (tcp) => {
    connections.add(tcp);
    tcp.on("error", () => undefined);
    tcp.on("close", () => connections.delete(tcp));
  });
  server.on("upgrade", (request, tcp, head) => {
    requests.push(request);
    changes.changed();
    const instead = others.get(pathOf(request));
    if (instead !== undefined) {
      instead(request, tcp);
      return;
    }
    webSockets.handleUpgrade(request, tcp, head, (socket) => {
      const seen: (typeof sockets)[number] = { request, socket, tcp, closed: undefined };
      sockets.push(seen);
      socket.on("error", () => undefined);
      if (echo) {
        socket.on("message", (data: RawData, isBinary) => socket.send(data, { binary: isBinary }));
      }
      socket.on("close", (code, reason) => {
        seen.closed = { code, reason: String(reason) };
        changes.changed();
      });
      changes.changed();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const at = (path: string) => sockets.find(({ request }) => pathOf(request) === path);

  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    handshakes: (path) => requests.filter((request) => pathOf(request) === path),
    socket: (path) => changes.until(() => at(path), 5_000, `a WebSocket at ${path}`),
    closed: (path) => changes.until(() => at(path)?.closed, 10_000, `the end of the WebSocket at ${path}`),
    instead: (path, answer) => void others.set(path, answer),
    close() {
      for (const tcp of connections) tcp.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function pathOf({ url }: IncomingMessage): string {
  return (url ?? "").split("?")[0] ?? "";
}
