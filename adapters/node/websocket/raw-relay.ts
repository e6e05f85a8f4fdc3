import type { Socket } from "node:net";
import type { SocketEnd, SocketWatcher } from "../../../src/runtime/runtime.ts";
import { CLOSE_TIMEOUT, encodeClose, GOING_AWAY } from "../../shared/websocket/close.ts";
import { encodeFrame, OPCODE } from "../../shared/websocket/frames.ts";
import type { Relay } from "../../shared/websocket/relays.ts";
import { createTally, type Tally } from "../../shared/websocket/tally.ts";

/** One of two connections, and what came from it. */
interface Side {
  readonly socket: Socket;
  readonly tally: Tally;
  /** Whether its frames are masked. */
  readonly isClient: boolean;
  isClosed: boolean;
}

/**
 * Joins a client's connection and an upstream's, both after their handshake: what comes from one goes to the other as
 * it is, no faster than that takes it. Frames are looked at only to know what passed.
 *
 * A side that ends after a close was sent ends the other alike. One that ends without ends the other without: nobody
 * gets a close that was not sent.
 *
 * @param onOver called when both connections are closed
 */
export function startRawRelay(
  clientSocket: Socket,
  upstreamSocket: Socket,
  watcher: SocketWatcher,
  onOver: () => void,
): Relay {
  const client = side(clientSocket, true, (bytes) => watcher.received(bytes));
  const upstream = side(upstreamSocket, false, (bytes) => watcher.sent(bytes));
  let end: SocketEnd | undefined;
  let timer: NodeJS.Timeout | undefined;

  /** Notes why it ends; the first reason counts. */
  function begin(why: SocketEnd): void {
    if (end !== undefined) return;
    end = why;
    destroyAfter(CLOSE_TIMEOUT);
  }

  function destroyAfter(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      client.socket.destroy();
      upstream.socket.destroy();
    }, ms);
  }

  function onData(from: Side, to: Side, chunk: Buffer): void {
    from.tally.push(chunk);
    const code = from.tally.closeCode();
    if (code !== undefined) begin({ type: "closed", code });
    if (!to.socket.writable || to.socket.write(chunk)) return;
    from.socket.pause();
    to.socket.once("drain", () => from.socket.resume());
  }

  /** Nothing more comes from this side. */
  function onEnd(from: Side, to: Side): void {
    const isBroken = end === undefined;
    begin({ type: from.isClient ? "client_gone" : "upstream_gone" });
    if (isBroken && from.isClient) to.socket.destroy();
    // What came before it goes out first.
    else to.socket.destroySoon();
  }

  function onClose(from: Side, to: Side): void {
    from.isClosed = true;
    onEnd(from, to);
    if (!to.isClosed || end === undefined) return;
    clearTimeout(timer);
    watcher.end(end);
    onOver();
  }

  function join(from: Side, to: Side): void {
    const { socket } = from;
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => onData(from, to, chunk));
    socket.on("end", () => onEnd(from, to));
    if (socket.destroyed) queueMicrotask(() => onClose(from, to));
    else socket.on("close", () => onClose(from, to));
  }

  /** Between two frames of the other side's, so that the frame is one. */
  function sendGoingAway(to: Side, from: Side): void {
    if (!from.tally.isBetween()) return void to.socket.destroy();
    const payload = encodeClose({ code: GOING_AWAY, reason: "" });
    to.socket.end(encodeFrame(OPCODE.close, payload, from.isClient));
  }

  clientSocket.setNoDelay(true);
  clientSocket.setTimeout(0);
  upstreamSocket.setTimeout(0);
  join(client, upstream);
  join(upstream, client);

  return {
    goAway(grace) {
      const isEnding = end !== undefined;
      begin({ type: "going_away" });
      destroyAfter(grace);
      if (isEnding) return;
      for (const { socket } of [client, upstream]) socket.removeAllListeners("data").resume();
      sendGoingAway(client, upstream);
      sendGoingAway(upstream, client);
    },
  };
}

function side(socket: Socket, isClient: boolean, count: (bytes: number) => void): Side {
  return { socket, isClient, tally: createTally(count), isClosed: false };
}
