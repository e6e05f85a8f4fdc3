/** The two halves of a WebSocket handshake (RFC 6455 §4): each connection has its own. */

import { createHash, randomBytes } from "node:crypto";
import type { HeaderPair } from "../../../src/runtime/runtime.ts";

/** What the answer's proof is made with (RFC 6455 §1.3). */
const PROOF = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export function acceptOf(key: string): string {
  return createHash("sha1")
    .update(key + PROOF)
    .digest("base64");
}

/** A handshake for an upstream. */
export interface OwnHandshake {
  readonly headers: readonly HeaderPair[];
  /** Whether an upstream's 101 answers it. */
  isAnsweredBy(headers: Headers): boolean;
}

/** @param drops fields of the client's handshake that concern its own connection */
export function createHandshake(headers: readonly HeaderPair[], drops: ReadonlySet<string>): OwnHandshake {
  const key = randomBytes(16).toString("base64");
  return {
    headers: [
      ...headers.filter(([name]) => !drops.has(name)),
      ["sec-websocket-version", "13"],
      ["sec-websocket-key", key],
    ],
    isAnsweredBy: (answer) =>
      answer.get("upgrade")?.toLowerCase() === "websocket" &&
      answer.get("sec-websocket-accept") === acceptOf(key),
  };
}

/** Fields of a handshake that the connection's own client or server writes. */
export const OWN_FIELDS: ReadonlySet<string> = new Set([
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-accept",
]);

/** The same where the runtime unpacks frames, so that extensions are each side's own too. */
export const OWN_FIELDS_AND_EXTENSIONS: ReadonlySet<string> = new Set([
  ...OWN_FIELDS,
  "sec-websocket-extensions",
]);
