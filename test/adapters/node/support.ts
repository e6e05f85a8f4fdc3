import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer, type Server, type Socket, connect as tcpConnect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createRuntime } from "../../../adapters/node/runtime.ts";
import { serve } from "../../../adapters/node/server.ts";
import { createDescriptors } from "../../../adapters/shared/node-api/descriptors.ts";
import { nullDevice } from "../../../adapters/shared/node-api/null-device.ts";
import { createJoinings } from "../../../adapters/shared/websocket/joinings.ts";
import type {
  Bytes,
  ClientOptions,
  FetchInit,
  Handler,
  ListenOptions,
  Refusal,
} from "../../../src/runtime/runtime.ts";

export const runtime = createRuntime();

const STATUS: Readonly<Record<Refusal, number>> = {
  bad_request: 400,
  headers_too_large: 431,
  request_timeout: 408,
};

/**
 * A server on a port of its own that is closed with the test.
 *
 * @param report gets its defects, which else fail the test run
 */
export async function startServer(
  handler: Handler,
  options: Partial<ListenOptions> = {},
  report?: (error: unknown) => void,
) {
  const listener = await serve(
    handler,
    {
      address: "127.0.0.1",
      port: 0,
      headTimeout: 5_000,
      idleTimeout: 5_000,
      writeTimeout: 5_000,
      refuse: (refusal) =>
        new Response(refusal, { status: STATUS[refusal], headers: { "x-refused": refusal } }),
      ...options,
    },
    createJoinings(),
    createDescriptors(nullDevice),
    report,
  );
  onTestFinished(() => listener.close());
  return listener;
}

/** The other end of a socket, seen as bytes. */
export interface Raw {
  readonly socket: Socket;
  /** All that came so far, as latin1. */
  readonly text: string;
  /** Resolves once `text` has `part`, or rejects at the end of the connection. */
  until(part: string | ((text: string) => boolean)): Promise<string>;
  /** Resolves at the end of the connection with how it ended. */
  readonly closed: Promise<"fin" | "reset">;
}

export function watchSocket(socket: Socket): Raw {
  let text = "";
  let ended: "fin" | "reset" | undefined;
  const waiting = new Set<() => void>();
  const check = (): void => {
    for (const look of waiting) look();
  };
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    check();
  });
  socket.on("error", () => {
    ended = "reset";
  });
  const closed = new Promise<"fin" | "reset">((resolve) => {
    socket.on("end", () => {
      ended ??= "fin";
      resolve(ended);
      check();
    });
    socket.on("close", () => {
      ended ??= "fin";
      resolve(ended);
      check();
    });
  });
  return {
    socket,
    get text() {
      return text;
    },
    until: (part) =>
      new Promise((resolve, reject) => {
        const has = typeof part === "string" ? (all: string) => all.includes(part) : part;
        const look = (): void => {
          if (has(text)) resolve(text);
          else if (ended !== undefined) reject(new Error(`ended (${ended}) with: ${text}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
    closed,
  };
}

export function dial(port: number, text = ""): Raw {
  const socket = tcpConnect({ port, host: "127.0.0.1", allowHalfOpen: false });
  onTestFinished(() => void socket.destroy());
  if (text !== "") socket.write(text, "latin1");
  return watchSocket(socket);
}

/** A TCP server whose connections are handed to `onConnection`. */
export async function startTcp(onConnection: (raw: Raw, index: number) => void) {
  const sockets = new Set<Socket>();
  let count = 0;
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    onConnection(watchSocket(socket), count++);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const { port } = address;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return count;
    },
    server,
  };
}

/** An upstream that answers every request head with the same bytes. */
export function startUpstream(answer: string) {
  return startTcp((raw) => {
    let answered = 0;
    raw.socket.on("data", () => {
      const heads = raw.text.split("\r\n\r\n").length - 1;
      for (; answered < heads; answered += 1) raw.socket.write(answer, "latin1");
    });
  });
}

export function client(options: Partial<ClientOptions> = {}) {
  const upstream = runtime.createFetch({
    connectTimeout: 2_000,
    idleTimeout: 5_000,
    keepAlive: 60_000,
    ...options,
  });
  onTestFinished(() => upstream.close());
  return (url: string, init: Partial<FetchInit> = {}) =>
    upstream.fetch(url, {
      method: "GET",
      headers: [],
      body: null,
      signal: new AbortController().signal,
      repeatable: false,
      fresh: false,
      onProgress() {},
      ...init,
    });
}

export const bytes = (text: string): Bytes => new TextEncoder().encode(text);

/** Something that happens later. */
export function later<T = void>() {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

/** A certificate for 127.0.0.1 and localhost that signs itself. */
export function selfSigned(): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), "llmproxy-tls-"));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
    ].concat([
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=DNS:localhost,IP:127.0.0.1",
      "-keyout",
      key,
      "-out",
      cert,
    ]),
    { stdio: "ignore" },
  );
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}
