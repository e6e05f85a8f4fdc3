/** WebSocket handshakes of clients: which requests are one, what is wrong with it, and what joins it to its upstream. */

import type { Failure } from "../base/errors.ts";
import type { Upgrade } from "../message/request.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** The only version there is (RFC 6455 §4.1). */
const VERSION = "13";

/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** Whether a request asks for a WebSocket. Requests for other protocols are not upgraded (RFC 9110 §7.8 allows that). */
export function isHandshake(headers: Headers): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket" && names(headers.get("connection"), "upgrade");
}

function names(list: string | null, token: string): boolean {
  return list?.split(",").some((item) => item.trim().toLowerCase() === token) ?? false;
}

/**
 * Why a handshake isn't taken, or undefined.
 *
 * @param relays whether the runtime can relay WebSockets
 */
export function handshakeRefusal({ method, headers }: Request, relays: boolean): Failure | undefined {
  if (!relays) return { kind: "not_implemented", feature: "WebSocket upgrades" };
  if (method !== "GET") return wrong(`is a GET request, not ${method}`);
  const version = headers.get("sec-websocket-version");
  if (version !== VERSION) return wrong(`has Sec-WebSocket-Version: ${VERSION}, not ${shown(version)}`);
  const key = headers.get("sec-websocket-key");
  return KEY.test(key ?? "") ? undefined : wrong(`has 16 bytes as Sec-WebSocket-Key, not ${shown(key)}`);
}

function wrong(reason: string): Failure {
  return { kind: "bad_request", reason: `A WebSocket handshake ${reason}.` };
}

function shown(value: string | null): string {
  return value === null ? "none" : JSON.stringify(value.slice(0, 64));
}

/** A handshake on its way, and how many bytes of messages came from its client. */
export interface CountedUpgrade extends Upgrade {
  bytesIn(): number;
}

export function createUpgrade(request: Request, upgrade: NonNullable<Runtime["upgrade"]>): CountedUpgrade {
  let bytesIn = 0;
  return {
    join: (upstream, joining) => upgrade(request, upstream, joining),
    received(bytes) {
      bytesIn += bytes;
    },
    bytesIn: () => bytesIn,
  };
}
