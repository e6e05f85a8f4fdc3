import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { OpenedSocket } from "../../shared/undici/upstream-socket.ts";
import { acceptOf, OWN_FIELDS } from "../../shared/websocket/handshake.ts";
import type { Joined } from "../../shared/websocket/joinings.ts";
import type { Relays } from "../../shared/websocket/relays.ts";
import { startRawRelay } from "./raw-relay.ts";

/** What a client may send before it has its 101 (bytes); more waits in its connection. */
const EARLY = 65_536;

/** After this long without a byte the kernel asks whether the client is still there (ms). */
const KEEP_ALIVE = 60_000;

/** A client's connection that has left HTTP for a handshake. */
export interface ClientUpgrade {
  /** Answers the handshake by HTTP. */
  readonly response: ServerResponse;
  /** Sends the 101 and joins the connection to its upstream. */
  join(joined: Joined<OpenedSocket>, relays: Relays, onOver: () => void): void;
}

/** @param head what came after the request */
export function createClientUpgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): ClientUpgrade {
  const response = new ServerResponse(incoming);
  const early: Buffer[] = head.byteLength > 0 ? [head] : [];
  let earlyBytes = head.byteLength;

  // Read, so that its end is seen.
  function onEarly(chunk: Buffer): void {
    early.push(chunk);
    earlyBytes += chunk.byteLength;
    if (earlyBytes > EARLY) socket.pause();
  }
  const onEnd = (): void => void socket.destroy();

  socket.on("error", () => undefined);
  socket.on("data", onEarly);
  socket.on("end", onEnd);
  response.assignSocket(socket);
  response.shouldKeepAlive = false;
  response.on("finish", () => socket.destroySoon());

  return {
    response,
    join({ upstream, headers, watcher }, relays, onOver) {
      response.detachSocket(socket);
      socket.off("data", onEarly).off("end", onEnd).pause();
      if (early.length > 0) socket.unshift(Buffer.concat(early));
      socket.setKeepAlive(true, KEEP_ALIVE);
      socket.write(switching(incoming.headers["sec-websocket-key"] ?? "", headers), "latin1");
      const relay = startRawRelay(socket, upstream.take(), watcher, () => {
        remove();
        onOver();
      });
      const remove = relays.add(relay);
      socket.resume();
    },
  };
}

function switching(key: string, headers: Joined<OpenedSocket>["headers"]): string {
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "upgrade: websocket",
    "connection: Upgrade",
    `sec-websocket-accept: ${acceptOf(key)}`,
  ];
  for (const [name, value] of headers) if (!OWN_FIELDS.has(name)) lines.push(`${name}: ${value}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
