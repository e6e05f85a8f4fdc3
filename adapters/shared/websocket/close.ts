/** Codes and reasons of closes (RFC 6455 §7.4). */

import type { Bytes } from "../../../src/runtime/runtime.ts";

/** A close frame without a code. It is never sent as one. */
export const NO_CODE = 1005;
export const GOING_AWAY = 1001;
export const PROTOCOL_ERROR = 1002;
export const INVALID_TEXT = 1007;
export const TOO_BIG = 1009;
export const BROKEN = 1011;
export const TRY_AGAIN = 1013;

/** Milliseconds in which a close that was begun has to be over on both sides. */
export const CLOSE_TIMEOUT = 30_000;

export interface Close {
  readonly code: number;
  readonly reason: string;
}

/** @throws {TypeError} when the reason is not UTF-8 */
export function parseClose(payload: Uint8Array): Close {
  if (payload.byteLength < 2) return { code: NO_CODE, reason: "" };
  const [high = 0, low = 0] = payload;
  const reason = new TextDecoder("utf-8", { fatal: true }).decode(payload.subarray(2));
  return { code: high * 256 + low, reason };
}

/** The payload of a close frame. */
export function encodeClose({ code, reason }: Close): Bytes {
  if (code === NO_CODE) return new Uint8Array();
  return new Uint8Array([code >> 8, code & 0xff, ...new TextEncoder().encode(reason)]);
}

/** Whether a peer may send this code (RFC 6455 §7.4.1, and IANA's later ones). */
export function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999);
}
