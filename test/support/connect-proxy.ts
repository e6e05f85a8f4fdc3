/** An outbound HTTP proxy that records: CONNECT tunnels and absolute-form requests, with basic auth (RFC 9110 §9.3.6). */

import { connect, createServer, type Socket } from "node:net";
import { createParser, valuesOf } from "./http-wire.ts";
import { now } from "./wait.ts";

export interface ConnectProxy {
  readonly port: number;
  /** What it was asked: `CONNECT host:port` or `GET http://…`, and the Proxy-Authorization with it. */
  readonly asked: readonly { readonly line: string; readonly authorization: string | undefined }[];
  close(): Promise<void>;
}

/** @param credentials `user:password`; others get 407 */
export async function startConnectProxy(credentials: string, host = "127.0.0.1"): Promise<ConnectProxy> {
  const expected = `Basic ${Buffer.from(credentials).toString("base64")}`;
  const asked: { line: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Socket>();

  const server = createServer((socket) => {
    track(socket);
    const parser = createParser({ bodyless: () => true, unframed: "none" });
    const onData = (data: Buffer): void => {
      const rest = parser.push(data, now());
      if (rest === undefined || parser.message === undefined) return;
      socket.off("data", onData);
      const { startLine, headers, rawHead } = parser.message;
      const [authorization] = valuesOf(headers, "proxy-authorization");
      const [method = "", target = ""] = startLine.split(" ");
      asked.push({ line: `${method} ${target}`, authorization });
      if (authorization !== expected) {
        socket.end("HTTP/1.1 407 Who\r\nproxy-authenticate: Basic realm=x\r\ncontent-length: 0\r\n\r\n");
        return;
      }
      const url = new URL(method === "CONNECT" ? `http://${target}` : target);
      const onward = connect(Number(url.port), url.hostname === "localhost" ? "127.0.0.1" : url.hostname);
      track(onward);
      socket.on("close", () => onward.destroy());
      onward.on("close", () => socket.destroy());
      if (method === "CONNECT") socket.write("HTTP/1.1 200 Established\r\n\r\n");
      else onward.write(rawHead.replace(target, url.pathname + url.search), "latin1");
      if (rest.length > 0) onward.write(rest);
      socket.pipe(onward).pipe(socket);
    };
    socket.on("data", onData);
  });

  function track(socket: Socket): void {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  }

  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
