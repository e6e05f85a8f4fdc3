import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Handler, Listener, ListenOptions, Refusal } from "../../src/runtime.ts";
import { createJoinings, type Joinings, leave } from "../common/websocket/joinings.ts";
import { createRelays } from "../common/websocket/relays.ts";
import { type Connection, createConnections } from "./connections.ts";
import { type ExchangeOptions, exchange, type Join } from "./exchange.ts";
import { guardHandshakes } from "./handshake.ts";
import { createHttpServer, listen, portOf, stopListening } from "./listen.ts";
import { isUnclear, refusalOf, refuse } from "./refuse.ts";
import { createTargetUrl } from "./target.ts";
import { createClientUpgrade } from "./websocket/upgrade.ts";
import type { OpenedSocket } from "./websocket/upstream-socket.ts";

/**
 * Serves HTTP/1.1 by node:http, or node:https where there is a certificate.
 *
 * @param joinings the answers that stand for a WebSocket
 */
export async function serve(
  handler: Handler,
  options: ListenOptions,
  joinings: Joinings<OpenedSocket> = createJoinings(),
): Promise<Listener> {
  const server = createHttpServer(options);
  const isTls = options.tls !== undefined;
  const connections = createConnections();
  const relays = createRelays();
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

  function onRequest(incoming: IncomingMessage, response: ServerResponse, join?: Join): void {
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
      const joining = join === undefined ? exchangeOptions : { ...exchangeOptions, join };
      exchange(connection, incoming, response, url, handler, joining);
      return;
    }
    const refuseRequest: Handler = () => options.refuse("bad_request");
    exchange(connection, incoming, response, "http://invalid/", refuseRequest, exchangeOptions);
  }

  function onUpgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    const upgrade = createClientUpgrade(incoming, socket, head);
    onRequest(incoming, upgrade.response, (answer, isOpen, onOver) => {
      const joined = joinings.take(answer);
      if (joined !== undefined && isOpen) upgrade.join(joined, relays, onOver);
      else if (joined !== undefined) leave(joined);
      return joined !== undefined;
    });
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
  server.on("request", (incoming, response) => onRequest(incoming, response));
  server.on("upgrade", onUpgrade);
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
    drained ??= stopListening(server).then(relays.empty);
    connections.closeIdle();
    return drained;
  }

  return {
    port: portOf(server),
    drain,
    async close() {
      const closed = drain();
      await relays.closeAll();
      connections.destroyAll();
      return closed;
    },
  };
}
