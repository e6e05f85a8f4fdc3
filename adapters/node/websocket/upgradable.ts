import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/**
 * The class of a server's requests that decides which ones are upgrades. With a listener for upgrades node:http takes
 * every request that asks for one out of HTTP. Here only a WebSocket handshake is one, and only while no earlier answer
 * is due on its connection (`isBusy`):
 *
 * - h2c, which Java's and curl's clients ask for, may be answered as if it was not asked for (RFC 9110 §7.8);
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

export class UpgradableMessage extends IncomingMessage {
  /** What the parser says. */
  declare asksForUpgrade: boolean | null | undefined;
  /** Decided once: node:http asks several times. */
  declare isUpgrade: boolean | undefined;
}

/** Whether a request is a WebSocket handshake, pipelined ones included. */
export function isHandshake(request: IncomingMessage): boolean {
  if (!(request instanceof UpgradableMessage) || !request.asksForUpgrade) return false;
  return request.method !== "CONNECT" && request.headers.upgrade?.toLowerCase() === "websocket";
}
