import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Handler, Listener, ListenOptions, Refusal } from "../../src/runtime/runtime.ts";
import { type Report, reportDefect } from "../shared/node-api/defects.ts";
import type { Descriptors } from "../shared/node-api/descriptors.ts";
import type { OpenedSocket } from "../shared/undici/upstream-socket.ts";
import { JOINING_STATUS, type Joinings, leave } from "../shared/websocket/joinings.ts";
import { createRelays } from "../shared/websocket/relays.ts";
import {
  abandonLatest,
  type Connection,
  createConnections,
  endAfterAnswers,
  isPipelined,
} from "./connections.ts";
import { type ExchangeOptions, exchange, type Join } from "./exchange.ts";
import { guarded } from "./guarded.ts";
import { guardHandshakes } from "./handshake.ts";
import { createHttpServer, listen, portOf, stopListening } from "./listen.ts";
import { isUnclear, refusalOf, refuse } from "./refuse.ts";
import { createTargetUrl } from "./target.ts";
import { createUpgradable, isHandshake } from "./websocket/upgradable.ts";
import { createClientUpgrade } from "./websocket/upgrade.ts";

/**
 * Serves HTTP/1.1 by node:http, or node:https where there is a certificate.
 *
 * @param joinings the answers that stand for a WebSocket
 * @param descriptors pauses accepting while descriptors are short
 * @param report gets each defect; it ends the connection that it concerns, and no other
 */
export async function serve(
  handler: Handler,
  options: ListenOptions,
  joinings: Joinings<OpenedSocket>,
  descriptors: Descriptors,
  report: Report = reportDefect,
): Promise<Listener> {
  const isTls = options.tls !== undefined;
  const connections = createConnections();
  const server = createHttpServer(options, createUpgradable(isBusy));
  const relays = createRelays();
  const targetUrl = createTargetUrl(isTls ? "https" : "http");
  let isAccepting = true;
  let drained: Promise<void> | undefined;

  function isBusy(socket: Socket): boolean {
    const connection = connections.of(socket);
    return connection !== undefined && isPipelined(connection);
  }

  const isClosing = (): boolean => drained !== undefined;
  const plainExchange: ExchangeOptions = {
    join: leaveStray,
    writeTimeout: options.writeTimeout,
    isClosing,
    report,
    onIdle(connection) {
      connection.bytesRead = connection.socket.bytesRead;
      connection.response = undefined;
      if (isClosing()) connections.closeIfIdle(connection);
    },
  };

  function onRequest(
    incoming: IncomingMessage,
    response: ServerResponse,
    exchangeOptions = plainExchange,
  ): void {
    const connection = connections.of(incoming.socket);
    if (connection === undefined || connection.isOver) return;
    if (isPipelined(connection) && isHandshake(incoming)) {
      endAfterAnswers(connection);
      return;
    }
    connection.response = response;
    const url = isUnclear(incoming) ? undefined : targetUrl(incoming);
    if (url === undefined || dropsWhatFollows(incoming)) {
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

  /**
   * node:http drops bytes that arrive together with an upgrade request: where the next request begins is unknown then.
   */
  function dropsWhatFollows({ method, headers }: IncomingMessage): boolean {
    return headers.upgrade !== undefined || method === "CONNECT";
  }

  function onUpgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    const upgrade = createClientUpgrade(incoming, socket, head);
    const join: Join = (answer, isOpen, onOver) => {
      const joined = joinings.take(answer);
      if (joined !== undefined && isOpen) upgrade.join(joined, relays, onOver);
      else if (joined !== undefined) leave(joined);
      return joined !== undefined;
    };
    onRequest(incoming, upgrade.response, { ...plainExchange, join });
  }

  /** Closes the WebSocket of an answer to a request that node:http did not take for a handshake: a defect. */
  function leaveStray(answer: Response): boolean {
    if (answer.status !== JOINING_STATUS) return false;
    const joined = joinings.take(answer);
    if (joined === undefined) return false;
    leave(joined);
    throw new Error("A WebSocket was opened for a request that is no handshake.");
  }

  /** node:http's parser gives up a connection at its first error. */
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
    const send = (): void => void refuse(socket, options.refuse(refusal), response?.req.method);
    if (response === undefined) {
      send();
      return;
    }
    // An answer that has begun, or is due to a request that came whole, is not disturbed.
    if (response.headersSent || response.req.complete) {
      endAfterAnswers(connection);
      return;
    }
    abandonLatest(connection);
    // It has no socket while earlier answers are due.
    if (response.socket === null) response.once("socket", send);
    else send();
  }

  // node:http can't stop accepting without giving up its port. Without descriptors libuv accepts and closes by itself.
  server.on("connection", (socket: Socket) => {
    if (!isAccepting) {
      socket.destroy();
      options.onNotAccepted?.();
      return;
    }
    connections.open(socket);
    if (!isTls) connections.add(socket);
  });
  if (isTls) server.on("secureConnection", (socket: Socket) => connections.add(socket));
  server.on("request", (incoming: IncomingMessage, response: ServerResponse) =>
    guarded(incoming.socket, report, () => onRequest(incoming, response)),
  );
  server.on("upgrade", (incoming: IncomingMessage, socket: Socket, head: Buffer) =>
    guarded(socket, report, () => onUpgrade(incoming, socket, head)),
  );
  server.on("clientError", (error: Error, socket: Socket) =>
    guarded(socket, report, () => onClientError(error, socket)),
  );
  if (isTls) {
    guardHandshakes(server, options.headTimeout, (socket) => {
      const connection = connections.of(socket);
      if (connection !== undefined) refuseConnection(connection, "request_timeout");
    });
  }
  await listen(server, options);
  const unwatch = descriptors.watch({
    essential: options.essential ?? false,
    pause() {
      isAccepting = false;
      options.onNotAccepted?.();
    },
    resume() {
      isAccepting = true;
    },
  });

  function drain(): Promise<void> {
    unwatch();
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
