import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/**
 * Creates the class of a server's requests, which decides which of them are upgrades. With a listener for upgrades,
 * node:http takes every request that asks for one out of HTTP. This class allows it only for a WebSocket handshake, and
 * only while no earlier answer is due on its connection (`isBusy`):
 *
 * - a request for h2c, as Java's and curl's clients send it, may be answered over HTTP/1.1 (RFC 9110 §7.8);
 * - CONNECT is refused like any request that can't be served;
 * - a pipelined handshake must wait for the answers before it (RFC 9112 §9.3.2), and a socket that has left HTTP can't.
 */
export function createUpgradable(isBusy: (socket: Socket) => boolean): typeof UpgradableMessage {
  class Upgradable extends UpgradableMessage {}
  Object.defineProperty(Upgradable.prototype, "upgrade", {
    get(this: Upgradable) {
      if (!this.asksForUpgrade) return this.asksForUpgrade;
      this.isUpgrade ??= isHandshake(this) && !isBusy(this.socket);
      return this.isUpgrade;
    },
    set(this: Upgradable, asks: boolean | null) {
      this.asksForUpgrade = asks;
    },
  });
  return Upgradable;
}

/** A request that may ask for an upgrade. */
export class UpgradableMessage extends IncomingMessage {
  /** What the parser has found. */
  declare asksForUpgrade: boolean | null | undefined;
  /** Decided once: node:http asks several times. */
  declare isUpgrade: boolean | undefined;
}

/** Whether a request is a WebSocket handshake, pipelined ones included. */
export function isHandshake(request: IncomingMessage): boolean {
  if (!(request instanceof UpgradableMessage) || !request.asksForUpgrade) return false;
  return request.method !== "CONNECT" && request.headers.upgrade?.toLowerCase() === "websocket";
}
