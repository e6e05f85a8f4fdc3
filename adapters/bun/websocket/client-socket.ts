import { mended } from "../../shared/http/mended.ts";
import { type Close, NO_CODE } from "../../shared/websocket/close.ts";
import { OWN_FIELDS_AND_EXTENSIONS } from "../../shared/websocket/handshake.ts";
import type { Joined } from "../../shared/websocket/joinings.ts";
import {
  type ClientEnd,
  createMessageRelay,
  type MessageRelay,
} from "../../shared/websocket/message-relay.ts";
import { MAX_MESSAGE } from "../../shared/websocket/messages.ts";
import type { Relays } from "../../shared/websocket/relays.ts";
import type { OpenedSocket } from "./open-socket.ts";

/** A client's WebSocket, and what is joined to it once it is there. */
export interface ClientSocket {
  readonly joined: Joined<OpenedSocket>;
  relay: MessageRelay | undefined;
}

/** Bun says so of a connection that ended without a close. */
const WITHOUT_CLOSE = 1006;

/** A client that says nothing for this long is asked whether it is still there (seconds); Bun's default. */
const PING_AFTER = 120;

/** How Bun's server handles its clients' WebSockets. */
export function createSocketHandlers(relays: Relays): Bun.WebSocketHandler<ClientSocket> {
  return {
    maxPayloadLength: MAX_MESSAGE,
    // The relay has a limit of its own: beyond this one messages would be lost.
    backpressureLimit: 0,
    perMessageDeflate: false,
    idleTimeout: PING_AFTER,
    open(socket) {
      const { upstream, watcher } = socket.data.joined;
      const relay = createMessageRelay(clientEnd(socket), upstream.take(), watcher, () => remove());
      const remove = relays.add(relay);
      socket.data.relay = relay;
      relay.opened();
    },
    message({ data }, message) {
      data.relay?.received(typeof message === "string" ? message : new Uint8Array(message));
    },
    drain: ({ data }) => data.relay?.drained(),
    close({ data }, code, reason) {
      data.relay?.clientClosed(code === WITHOUT_CLOSE ? undefined : { code, reason });
    },
  };
}

function clientEnd(socket: Bun.ServerWebSocket<ClientSocket>): ClientEnd {
  return {
    send: (message) => void socket.send(message),
    waiting: () => socket.getBufferedAmount(),
    close: ({ code, reason }: Close) =>
      code === NO_CODE ? socket.close(NO_CODE) : socket.close(code, reason),
    cut: () => socket.terminate(),
  };
}

/** The fields of a client's 101, less those that Bun writes. */
export function fieldsFor({ headers }: Joined<OpenedSocket>): [string, string][] {
  return mended(headers).flatMap(([name, value]) =>
    OWN_FIELDS_AND_EXTENSIONS.has(name) ? [] : [[name, value]],
  );
}
