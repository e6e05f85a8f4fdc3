import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Handler, Listener, ListenOptions, Refusal } from "../../src/runtime.ts";
import { type Connection, createConnections } from "./connections.ts";
import { type ExchangeOptions, exchange } from "./exchange.ts";
import { guardHandshakes } from "./handshake.ts";
import { createHttpServer, listen, portOf, stopListening } from "./listen.ts";
import { isUnclear, refusalOf, refuse } from "./refuse.ts";
import { createTargetUrl } from "./target.ts";

/** Serves HTTP/1.1 by node:http, or node:https where there is a certificate. */
export async function serve(handler: Handler, options: ListenOptions): Promise<Listener> {
  const server = createHttpServer(options);
  const isTls = options.tls !== undefined;
  const connections = createConnections();
  const targetUrl = createTargetUrl(isTls ? "https" : "http");
  let drained: Promise<void> | undefined;

  const isClosing = (): boolean => drained !== undefined;
  const exchangeOptions: ExchangeOptions = {
    writeTimeout: options.writeTimeout,
    isClosing,
    onIdle(connection) {
      connection.bytesRead = connection.socket.bytesRead;
      connection.response = undefined;
      if (isClosing()) connections.closeIfIdle(connection);
    },
  };

  function onRequest(incoming: IncomingMessage, response: ServerResponse): void {
    const connection = connections.of(incoming.socket);
    if (connection === undefined || connection.isOver) return;
    connection.response = response;
    const url = isUnclear(incoming) ? undefined : targetUrl(incoming);
    // node:http drops what came together with a request to upgrade: what follows may begin anywhere.
    if (url === undefined || incoming.headers.upgrade !== undefined) {
      connection.isOver = true;
      response.shouldKeepAlive = false;
    }
    if (url !== undefined) {
      exchange(connection, incoming, response, url, handler, exchangeOptions);
      return;
    }
    const refuseRequest: Handler = () => options.refuse("bad_request");
    exchange(connection, incoming, response, "http://invalid/", refuseRequest, exchangeOptions);
  }

  /** node:http's parser gives a connection up at its first error. */
  function onClientError(error: Error & { readonly code?: string }, socket: Socket): void {
    const connection = connections.of(socket);
    const refusal = refusalOf(error);
    if (connection === undefined || refusal === undefined) socket.destroy();
    else refuseConnection(connection, refusal);
  }

  function refuseConnection(connection: Connection, refusal: Refusal): void {
    if (connection.refused) return;
    connection.refused = true;
    const { response, socket } = connection;
    const isAnswered = response !== undefined && (response.headersSent || response.req.complete);
    // An answer that has begun, or is due to a request that came whole, is not disturbed.
    if (isAnswered) response.shouldKeepAlive = false;
    else void refuse(socket, options.refuse(refusal));
  }

  server.on("connection", (socket: Socket) => connections.open(socket));
  server.on(isTls ? "secureConnection" : "connection", (socket: Socket) => connections.add(socket));
  server.on("request", onRequest);
  server.on("clientError", onClientError);
  server.on("connect", (_request: IncomingMessage, socket: Socket) => {
    void refuse(socket, options.refuse("bad_request"));
  });
  if (isTls) {
    guardHandshakes(server, options.headTimeout, (socket) => {
      const connection = connections.of(socket);
      if (connection !== undefined) refuseConnection(connection, "request_timeout");
    });
  }
  await listen(server, options);

  function drain(): Promise<void> {
    drained ??= stopListening(server);
    connections.closeIdle();
    return drained;
  }

  return {
    port: portOf(server),
    drain,
    close() {
      const closed = drain();
      connections.destroyAll();
      return closed;
    },
  };
}
