import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { peerAddress } from "../shared/http/address.ts";

/** A client's connection, TLS included. */
export interface Connection {
  readonly socket: Socket;
  /** The client's IP address: no port, no zone. */
  readonly address: string;
  /** Requests whose answers are not out yet, oldest first; each is called when the client leaves. */
  readonly exchanges: ((reason: unknown) => void)[];
  /** Of the latest request, while its answer is not out. */
  response: ServerResponse | undefined;
  /** Its parser has failed: further input is ignored. */
  refused: boolean;
  /** Where a further request would begin is unknown: further input is ignored. */
  isOver: boolean;
  /** Bytes read when the last answer was out, so that a begun request can be told from none. */
  bytesRead: number;
}

/** Whether an earlier request on the connection still waits for its answer, or for the rest of it. */
export function isPipelined({ exchanges }: Connection): boolean {
  return exchanges.length > 0;
}

/** Ignores further requests, and closes the connection after the answers that are due. */
export function endAfterAnswers(connection: Connection): void {
  const { response, socket } = connection;
  connection.isOver = true;
  if (response === undefined) return void socket.destroySoon();
  response.shouldKeepAlive = false;
  // A head that was sent already has not announced the close.
  if (response.headersSent) response.once("finish", () => socket.destroySoon());
}

/** Aborts the latest request, whose rest can't be read: its response is not written to. Looks at no more requests. */
export function abandonLatest(connection: Connection): void {
  connection.isOver = true;
  connection.exchanges.at(-1)?.(new DOMException("The rest of the request is not HTTP.", "AbortError"));
}

/** The open connections of one server. */
export interface Connections {
  /** Notes a TCP connection. */
  open(socket: Socket): void;
  /** Notes a connection that can carry requests: the same one, or the TLS one over it. */
  add(socket: Socket): void;
  of(socket: Socket): Connection | undefined;
  /** Closes the connection when no request is under way on it, not even the first bytes of one. */
  closeIfIdle(connection: Connection): void;
  closeIdle(): void;
  destroyAll(): void;
}

export function createConnections(): Connections {
  const tcp = new Set<Socket>();
  const ready = new Map<Socket, Connection>();

  function onClose(connection: Connection): void {
    ready.delete(connection.socket);
    if (connection.exchanges.length === 0) return;
    const reason = new DOMException("The client closed the connection.", "AbortError");
    for (const leave of [...connection.exchanges]) leave(reason);
  }

  function closeIfIdle({ socket, exchanges, bytesRead }: Connection): void {
    if (exchanges.length === 0 && socket.bytesRead === bytesRead) socket.destroySoon();
  }

  return {
    open(socket) {
      tcp.add(socket);
      // node:http removes its listener from a socket that has left HTTP; an error without one would be a defect.
      socket.on("error", () => undefined);
      socket.once("close", () => tcp.delete(socket));
    },
    add(socket) {
      const connection: Connection = {
        socket,
        address: peerAddress(socket.remoteAddress),
        exchanges: [],
        response: undefined,
        refused: false,
        isOver: false,
        bytesRead: socket.bytesRead,
      };
      ready.set(socket, connection);
      socket.on("error", () => undefined);
      socket.once("close", () => onClose(connection));
    },
    of: (socket) => ready.get(socket),
    closeIfIdle,
    closeIdle() {
      for (const connection of ready.values()) closeIfIdle(connection);
    },
    destroyAll() {
      for (const socket of tcp) socket.destroy();
    },
  };
}
