/**
 * A raw TCP (or TLS) upstream on loopback that can break HTTP. It records what it gets byte for byte and answers each
 * path by a script of {@link Behaviour}s: the first request by the first, and so on; the last one stays.
 */

import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Message, Pair } from "./http-message.ts";
import { createParser, type Parser, valuesOf } from "./http-wire.ts";
import { createChanges, now } from "./wait.ts";

/** What the upstream saw of a request; it grows while the request comes in. */
export interface Received {
  readonly method: string;
  readonly target: string;
  readonly message: Message;
  /** Number of the connection it came on, from 1. */
  readonly connection: number;
  /** When and how the proxy closed that connection, if it has. */
  readonly left: Left | undefined;
  header(name: string): string | undefined;
  all(name: string): string[];
}

export interface Left {
  readonly at: number;
  readonly how: "fin" | "reset";
}

/** A request and the hands to answer it with. */
export interface Exchange {
  readonly request: Received;
  readonly socket: Socket;
  /** How many requests this path has had, this one counted. */
  readonly nth: number;
  write(data: string | Uint8Array): void;
  /** Resolves when the request's body is whole. */
  body(): Promise<Buffer>;
  /** Resolves when the proxy has closed the connection. */
  left(ms?: number): Promise<Left>;
}

export type Behaviour = (exchange: Exchange) => void | Promise<void>;

export interface FaultUpstream {
  readonly port: number;
  /** `http://HOST:PORT`, or `https://localhost:PORT`. */
  readonly url: string;
  /** Sets what a path answers; the query is not looked at. Other paths answer 404. */
  on(path: string, ...script: readonly [Behaviour, ...Behaviour[]]): void;
  /** Sets what paths without a script answer. */
  otherwise(behaviour: Behaviour): void;
  /** The requests that a path has had. */
  requests(path: string): readonly Received[];
  /** Resolves with a path's n-th request (from 1) once its head is there. */
  request(path: string, nth?: number, ms?: number): Promise<Received>;
  /** Connections taken so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly open: number;
  /** Bytes of all answers that the system has taken. */
  readonly sent: number;
  /** Resolves when `count` requests of any path were there. */
  total(count: number, ms?: number): Promise<void>;
  close(): Promise<void>;
}

export interface FaultUpstreamOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
  /** @default a free one */
  readonly port?: number;
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** Whether answers leave their connection open for the next request. @default true */
  readonly keepAlive?: boolean;
}

const DEADLINE = 10_000;

export async function startUpstream({
  tls,
  port = 0,
  host = "127.0.0.1",
  keepAlive = true,
}: FaultUpstreamOptions = {}): Promise<FaultUpstream> {
  const scripts = new Map<string, readonly Behaviour[]>();
  const requests = new Map<string, Received[]>();
  const sockets = new Set<Socket>();
  const changes = createChanges();
  let fallback: Behaviour = ({ write }) => write("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
  let connections = 0;
  let total = 0;
  let closedSent = 0;

  function serve(socket: Socket): void {
    connections += 1;
    const connection = connections;
    let left: Left | undefined;
    let parser: Parser | undefined;
    let announced = false;
    sockets.add(socket);
    socket.setNoDelay(true);

    function leave(how: Left["how"]): void {
      left ??= { at: now(), how };
      changes.changed();
    }
    socket.on("end", () => {
      leave("fin");
      socket.destroySoon();
    });
    socket.on("error", () => leave("reset"));
    socket.on("close", () => {
      sockets.delete(socket);
      closedSent += socket.bytesWritten - socket.writableLength;
      leave("fin");
    });
    socket.on("data", (data: Buffer) => take(data, now()));

    function take(data: Buffer, at: number): void {
      parser ??= createParser({ bodyless: () => false, unframed: "none" });
      let rest: Buffer | undefined;
      try {
        rest = parser.push(data, at);
      } catch {
        socket.destroy();
        return;
      }
      if (!announced && parser.message !== undefined) {
        announced = true;
        announce(parser.message);
      }
      if (rest !== undefined) {
        parser = undefined;
        announced = false;
        if (rest.length > 0) take(rest, at);
      }
      changes.changed();
    }

    function announce(message: Message): void {
      const [method = "", target = ""] = message.startLine.split(" ");
      const [path = ""] = target.split("?");
      const all = (name: string): string[] => valuesOf(message.headers, name);
      const request: Received = {
        method,
        target,
        message,
        connection,
        get left() {
          return left;
        },
        header: (name) => all(name)[0],
        all,
      };
      const earlier = requests.get(path) ?? [];
      const script = scripts.get(path);
      const behaviour = script?.[Math.min(earlier.length, script.length - 1)] ?? fallback;
      requests.set(path, [...earlier, request]);
      total += 1;
      const exchange: Exchange = {
        request,
        socket,
        nth: earlier.length + 1,
        write(data) {
          if (!socket.destroyed) socket.write(keepAlive ? data : withClose(data));
        },
        body: async () => {
          await changes.until(() => message.complete, DEADLINE, `the body of ${method} ${target}`);
          return message.body;
        },
        left: (ms = DEADLINE) => changes.until(() => left, ms, `the proxy leaves ${method} ${target}`),
      };
      // A behaviour that waits for what never comes is the row's own deadline's affair.
      Promise.resolve(behaviour(exchange)).catch(() => socket.destroy());
    }
  }

  const server: Server =
    tls === undefined
      ? createServer({ allowHalfOpen: true }, serve)
      : createTlsServer({ ...tls, ALPNProtocols: ["http/1.1"] }, serve);
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, 4096, () => resolve());
  });
  const address = server.address();
  const chosen = typeof address === "object" && address !== null ? address.port : 0;

  return {
    port: chosen,
    url: tls === undefined ? `http://${host}:${chosen}` : `https://localhost:${chosen}`,
    on: (path, ...script) => {
      scripts.set(path, script);
    },
    otherwise(behaviour) {
      fallback = behaviour;
    },
    requests: (path) => requests.get(path) ?? [],
    request: (path, nth = 1, ms = DEADLINE) =>
      changes.until(() => requests.get(path)?.[nth - 1], ms, `request ${nth} of ${path}`),
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    get sent() {
      return [...sockets].reduce(
        (sum, socket) => sum + socket.bytesWritten - socket.writableLength,
        closedSent,
      );
    },
    async total(count, ms = DEADLINE) {
      await changes.until(() => total >= count, ms, `${count} requests`);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same bytes with `connection: close` in the head, if they begin with one. */
function withClose(data: string | Uint8Array): Buffer {
  const bytes = Buffer.from(data);
  const end = bytes.subarray(0, 5).toString() === "HTTP/" ? bytes.indexOf("\r\n") + 2 : 0;
  if (end === 0) return bytes;
  return Buffer.concat([bytes.subarray(0, end), Buffer.from("connection: close\r\n"), bytes.subarray(end)]);
}

/** An answer's bytes; adds content-length where `headers` frames it in no other way. */
export function answerBytes(
  status: number,
  headers: readonly Pair[] = [],
  body: string | Uint8Array = "",
): Buffer {
  const framed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const fields =
    framed || status === 204 || status === 304
      ? headers
      : [...headers, ["content-length", String(Buffer.byteLength(body))]];
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} Status\r\n${lines}\r\n`, "latin1"),
    Buffer.from(body),
  ]);
}
