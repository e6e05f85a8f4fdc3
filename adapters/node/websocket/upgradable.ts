import { IncomingMessage } from "node:http";

/**
 * Where somebody listens for upgrades, node:http takes every request that asks for one out of HTTP: h2c as well, which
 * Java's and curl's clients ask for and which a server may answer as if they didn't (RFC 9110 §7.8). Of these, only one
 * that asks for a WebSocket is an upgrade.
 */
export class UpgradableMessage extends IncomingMessage {
  /** What the parser says. */
  declare asksForUpgrade: boolean | null | undefined;
}

Object.defineProperty(UpgradableMessage.prototype, "upgrade", {
  get(this: UpgradableMessage) {
    if (!this.asksForUpgrade) return this.asksForUpgrade;
    return this.method === "CONNECT" || this.headers.upgrade?.toLowerCase() === "websocket";
  },
  set(this: UpgradableMessage, asks: boolean | null) {
    this.asksForUpgrade = asks;
  },
});
