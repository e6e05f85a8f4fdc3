import { createServer, type IncomingMessage, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Server as NetServer } from "node:net";
import type { ListenOptions } from "../../src/runtime/runtime.ts";
import { toListenError } from "./errors.ts";

/** Bytes of a request's head. */
const MAX_HEAD = 65_536;
/** How often, at least, node:http looks for heads that are late. */
const CHECK_INTERVAL = 500;
/** Connections that wait to be accepted. */
const BACKLOG = 1024;

/**
 * A server of node:http, or of node:https where there is a certificate, with the limits of `options`.
 *
 * @param message the class of its requests
 */
export function createHttpServer(
  { tls, headTimeout, idleTimeout }: ListenOptions,
  message: typeof IncomingMessage,
): Server {
  const options: ServerOptions = {
    IncomingMessage: message,
    maxHeaderSize: MAX_HEAD,
    headersTimeout: headTimeout,
    // Bodies are timed by their silences, in the core.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL, Math.max(50, Math.floor(headTimeout / 4))),
    keepAliveTimeout: idleTimeout,
    // A 400 of our own says more.
    requireHostHeader: false,
    noDelay: true,
  };
  const server = tls === undefined ? createServer(options) : createSecureServer(options, tls, headTimeout);
  // The limit in bytes holds; one in number would drop fields silently.
  server.maxHeadersCount = 0;
  return server;
}

function createSecureServer(
  options: ServerOptions,
  { cert, key }: { readonly cert: string; readonly key: string },
  handshakeTimeout: number,
): Server {
  try {
    return createTlsServer({ ...options, cert, key, handshakeTimeout, ALPNProtocols: ["http/1.1"] });
  } catch (error) {
    throw toListenError(error, "tls");
  }
}

/** Resolves when `server` listens. */
export function listen(server: Server, { address, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(toListenError(error, "not_available"));
    server.once("error", onError);
    server.listen({ host: address, port, backlog: BACKLOG }, () => {
      server.off("error", onError);
      // A failing accept (out of descriptors, say) must not end the process; a later one may succeed.
      server.on("error", () => undefined);
      resolve();
    });
  });
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}

/**
 * Stops accepting and resolves when the last connection is closed. Not by node:http's own close: that stops watching
 * for late heads, and destroys connections whose answer is not wholly sent.
 */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    NetServer.prototype.close.call(server, () => {
      // Ends the timer that looks for late heads.
      server.close();
      resolve();
    });
  });
}
