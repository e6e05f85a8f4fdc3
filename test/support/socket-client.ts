/** A client's end of a WebSocket, by the package `ws`. */

import type { IncomingMessage } from "node:http";
import { type ClientOptions, type RawData, WebSocket } from "ws";
import { createChanges } from "./wait.ts";

export interface SocketClient {
  readonly socket: WebSocket;
  /** The fields of the 101. */
  readonly headers: IncomingMessage["headers"];
  /** Resolves with the message after those that were taken before. */
  next(): Promise<{ readonly data: Buffer; readonly isBinary: boolean }>;
  /** Messages that came. */
  readonly count: number;
  /** Resolves with how it ended; 1006 without a close frame. */
  closed(): Promise<{ readonly code: number; readonly reason: string }>;
  close(): void;
}

/** An answer other than a 101. */
export interface Refused {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface SocketClientOptions extends ClientOptions {
  readonly protocols?: readonly string[];
}

/** Opens a WebSocket; rejects where it is refused. */
export async function openSocket(url: string, options: SocketClientOptions = {}): Promise<SocketClient> {
  const outcome = await tryToOpen(url, options);
  if ("status" in outcome) throw new Error(`refused with ${outcome.status}: ${outcome.body}`);
  return outcome;
}

/** Asks for a WebSocket. */
export function tryToOpen(
  url: string,
  { protocols = [], ...options }: SocketClientOptions = {},
): Promise<SocketClient | Refused> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [...protocols], { perMessageDeflate: false, ...options });
    const changes = createChanges();
    const messages: { data: Buffer; isBinary: boolean }[] = [];
    let count = 0;
    let end: { code: number; reason: string } | undefined;
    let headers: IncomingMessage["headers"] = {};
    socket.on("upgrade", (response) => {
      headers = response.headers;
    });
    socket.on("message", (data: RawData, isBinary) => {
      count += 1;
      messages.push({ data: data as Buffer, isBinary });
      changes.changed();
    });
    socket.on("close", (code, reason) => {
      end = { code, reason: String(reason) };
      changes.changed();
    });
    socket.on("error", reject);
    socket.on("unexpected-response", (_request, response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
      response.on("error", reject);
    });
    socket.on("open", () =>
      resolve({
        socket,
        headers,
        next: () => changes.until(() => messages.shift(), 10_000, "a message"),
        get count() {
          return count;
        },
        closed: () => changes.until(() => end, 10_000, "the WebSocket's end"),
        close: () => socket.terminate(),
      }),
    );
  });
}
