import type { Bytes } from "../../../src/runtime/runtime.ts";
import { mended } from "../../shared/http/mended.ts";
import { clock } from "../../shared/node-api/clock.ts";
import type { OpenedSocket } from "../../shared/undici/upstream-socket.ts";
import { NO_CODE } from "../../shared/websocket/close.ts";
import { OWN_FIELDS_AND_EXTENSIONS } from "../../shared/websocket/handshake.ts";
import { type Joined, leave } from "../../shared/websocket/joinings.ts";
import { createMessageRelay, UPSTREAM_BROKE } from "../../shared/websocket/message-relay.ts";
import type { Relays } from "../../shared/websocket/relays.ts";
import { upstreamEnd } from "./upstream-end.ts";

/** A client that says nothing for this long is asked whether it is still there (seconds). */
const PING_AFTER = 120;

/**
 * A client that leaves while its 101 is sent may cause neither an `open` nor a `close` event on Deno. A WebSocket that
 * has not opened after this long counts as closed (ms).
 */
const OPENS_WITHIN = 3_000;

/** How often a client that takes less than it is sent is looked at: Deno does not tell (ms). */
const LOOK_AFTER = 20;

/**
 * Answers a client's handshake and joins it to its upstream.
 *
 * @throws {TypeError} when Deno does not take the request for a handshake
 */
export function joinClient(request: Request, joined: Joined<OpenedSocket>, relays: Relays): Response {
  const { upstream, headers, watcher } = joined;
  const { socket, response } = upgrade(request, joined);
  // The subprotocol too: as an option, Deno takes it only from lists that have a space after each comma.
  for (const [name, value] of mended(headers)) {
    if (!OWN_FIELDS_AND_EXTENSIONS.has(name)) response.headers.append(name, value);
  }
  socket.binaryType = "arraybuffer";
  let looks: ReturnType<typeof setInterval> | undefined;

  const client = {
    send(message: string | Bytes): void {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(message);
      if (socket.bufferedAmount > 0) looks ??= setInterval(look, LOOK_AFTER);
    },
    waiting: () => socket.bufferedAmount,
    close({ code, reason }: { readonly code: number; readonly reason: string }): void {
      if (socket.readyState !== WebSocket.OPEN) return;
      if (code === NO_CODE) socket.close();
      else socket.close(code, reason);
    },
    // Deno has nothing that ends a connection without a close.
    cut: () => client.close(UPSTREAM_BROKE),
  };

  const relay = createMessageRelay(client, upstreamEnd(upstream.take()), watcher, () => remove());
  const remove = relays.add(relay);

  function look(): void {
    relay.drained();
    if (socket.bufferedAmount === 0) stopLooking();
  }

  function stopLooking(): void {
    clearInterval(looks);
    looks = undefined;
  }

  let isLate = false;
  const stopWaiting = clock.after(OPENS_WITHIN, () => {
    isLate = true;
    relay.clientClosed(undefined);
  });

  socket.addEventListener("open", () => {
    stopWaiting();
    if (isLate) client.cut();
    else relay.opened();
  });
  socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
    relay.received(typeof data === "string" ? data : new Uint8Array(data));
  });
  socket.addEventListener("error", () => undefined);
  socket.addEventListener("close", ({ code, reason, wasClean }) => {
    stopWaiting();
    stopLooking();
    relay.clientClosed(wasClean ? { code, reason } : undefined);
  });
  return response;
}

function upgrade(request: Request, joined: Joined<OpenedSocket>): Deno.WebSocketUpgrade {
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout: PING_AFTER });
  } catch (error) {
    leave(joined);
    throw error;
  }
}
