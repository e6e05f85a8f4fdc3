import type { Bytes, SocketEnd, SocketWatcher } from "../../../src/runtime/runtime.ts";
import { clock } from "../node-api/clock.ts";
import { BROKEN, CLOSE_TIMEOUT, type Close, encodeClose, GOING_AWAY, NO_CODE, TRY_AGAIN } from "./close.ts";
import { encodeFrame, OPCODE } from "./frames.ts";
import { createMessageReader, type Message } from "./messages.ts";
import type { Relay } from "./relays.ts";

/** Most that waits for a side which takes less than the other sends (bytes). One message more may be on top. */
const MAX_WAITING = 4 * 1024 * 1024;

/** A client's end, where the runtime unpacks its frames. Its functions do not throw. */
export interface ClientEnd {
  send(message: Message): void;
  /** Bytes that were sent and not taken. */
  waiting(): number;
  /** Closes it after what was sent; {@link NO_CODE} is a close without a code. */
  close(close: Close): void;
  /** Ends its connection without a close, where that can be done. */
  cut(): void;
}

/** An upstream's connection after its 101. Its functions do not throw. */
export interface UpstreamEnd {
  /** Begins to read. `ended` is called once. */
  start(data: (bytes: Uint8Array) => void, ended: () => void): void;
  write(bytes: Bytes): void;
  /** Bytes that were written and not taken. */
  waiting(): number;
  /** Ends it after what was written. */
  end(): void;
  destroy(): void;
  /** Stops and goes on reading; absent where it can't. */
  readonly flow?: { pause(): void; resume(): void };
}

export interface MessageRelay extends Relay {
  /** The client is there: from now on the upstream is read. */
  opened(): void;
  /** The client sent a message. */
  received(message: Message): void;
  /** The client's end is over; undefined without a close. */
  clientClosed(close: Close | undefined): void;
  /** The client has taken something. */
  drained(): void;
}

/**
 * Joins a client whose frames the runtime unpacks to an upstream's connection, message by message. Each side has its
 * own pings and extensions. A side that closes has the other closed with the same code; one whose connection ends
 * without has the other cut.
 *
 * A client can't be stopped from sending, nor on some runtimes an upstream: where more than {@link MAX_WAITING} waits for
 * the other side, both are closed with 1013.
 *
 * @param onOver called when both sides are over
 */
export function createMessageRelay(
  client: ClientEnd,
  upstream: UpstreamEnd,
  watcher: SocketWatcher,
  onOver: () => void,
): MessageRelay {
  let end: SocketEnd | undefined;
  let isClientOver = false;
  let isUpstreamOver = false;
  let isFinished = false;
  let isStarted = false;
  let hasSentClose = false;
  let stopTimer: (() => void) | undefined;

  const reader = createMessageReader({
    message: onMessage,
    close(close) {
      begin({ type: "closed", code: close.code });
      client.close(close);
      closeUpstream(close);
    },
    ping: (payload) => upstream.write(encodeFrame(OPCODE.pong, payload, true)),
    broken(code, reason) {
      begin({ type: "upstream_gone" });
      client.close({ code, reason });
      closeUpstream({ code, reason });
    },
  });

  /** Notes why it ends; the first reason counts. */
  function begin(why: SocketEnd): void {
    if (end !== undefined) return;
    end = why;
    giveUpAfter(CLOSE_TIMEOUT);
  }

  /** Not every runtime can end a client that does not answer a close; the relay counts as over nevertheless. */
  function giveUpAfter(ms: number): void {
    stopTimer?.();
    stopTimer = clock.after(ms, () => {
      client.cut();
      upstream.destroy();
      isClientOver = true;
      isUpstreamOver = true;
      finish();
    });
  }

  function finish(): void {
    if (!isClientOver || !isUpstreamOver || end === undefined || isFinished) return;
    isFinished = true;
    stopTimer?.();
    watcher.end(end);
    onOver();
  }

  function closeUpstream(close: Close): void {
    if (hasSentClose) return;
    hasSentClose = true;
    upstream.write(encodeFrame(OPCODE.close, encodeClose(close), true));
    upstream.end();
  }

  function closeBoth(why: SocketEnd, close: Close): void {
    begin(why);
    reader.stop();
    client.close(close);
    closeUpstream(close);
    upstream.flow?.resume();
  }

  function onMessage(message: Message, bytes: number): void {
    if (end !== undefined) return;
    if (upstream.flow === undefined && client.waiting() > MAX_WAITING) {
      closeBoth({ type: "overflow" }, TOO_SLOW);
      return;
    }
    client.send(message);
    watcher.sent(bytes);
    if (client.waiting() > MAX_WAITING / 4) upstream.flow?.pause();
  }

  function start(): void {
    if (isStarted) return;
    isStarted = true;
    upstream.start(reader.push, onUpstreamOver);
  }

  function onUpstreamOver(): void {
    isUpstreamOver = true;
    if (end === undefined) {
      begin({ type: "upstream_gone" });
      client.cut();
    }
    finish();
  }

  return {
    opened: start,
    received(message) {
      if (end !== undefined) return;
      if (upstream.waiting() > MAX_WAITING) {
        closeBoth({ type: "overflow" }, TOO_SLOW);
        // What waits for it may never be taken.
        upstream.destroy();
        return;
      }
      const payload = typeof message === "string" ? new TextEncoder().encode(message) : message;
      const opcode = typeof message === "string" ? OPCODE.text : OPCODE.binary;
      watcher.received(payload.byteLength);
      upstream.write(encodeFrame(opcode, payload, true));
    },
    clientClosed(close) {
      isClientOver = true;
      upstream.flow?.resume();
      if (end === undefined) {
        begin(close === undefined ? { type: "client_gone" } : { type: "closed", code: close.code });
        if (close === undefined) upstream.destroy();
        else closeUpstream(close);
      }
      // It may leave before it is there; of an end only who reads is told.
      start();
      finish();
    },
    drained() {
      if (client.waiting() <= MAX_WAITING / 8) upstream.flow?.resume();
    },
    goAway(grace) {
      if (end === undefined) closeBoth({ type: "going_away" }, { code: GOING_AWAY, reason: "" });
      giveUpAfter(grace);
    },
  };
}

const TOO_SLOW: Close = { code: TRY_AGAIN, reason: "too much waits for a slow reader" };

/** For a client that can't be cut: what tells it that its upstream's connection broke. */
export const UPSTREAM_BROKE: Close = { code: BROKEN, reason: "the upstream's connection broke" };
