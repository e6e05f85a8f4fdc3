import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Holds a TLS client to one `timeout` for its handshake and its first head together: node:http's own begins anew when
 * the handshake is done. `onLate` gets the connection whose first head is not there in time.
 */
export function guardHandshakes(server: Server, timeout: number, onLate: (socket: Socket) => void): void {
  /** When the connections whose handshake is not done were opened, by the client's address and port. */
  const opened = new Map<string, number>();
  const timers = new WeakMap<Socket, NodeJS.Timeout>();

  server.on("connection", (socket: Socket) => {
    const key = keyOf(socket);
    opened.set(key, performance.now());
    socket.once("close", () => opened.delete(key));
  });
  server.on("secureConnection", (socket: Socket) => {
    const since = opened.get(keyOf(socket)) ?? performance.now();
    opened.delete(keyOf(socket));
    const timer = setTimeout(() => onLate(socket), timeout - (performance.now() - since));
    timers.set(socket, timer);
    socket.once("close", () => clearTimeout(timer));
  });
  const onHead = ({ socket }: IncomingMessage): void => clearTimeout(timers.get(socket));
  server.on("request", onHead);
  server.on("upgrade", onHead);
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
