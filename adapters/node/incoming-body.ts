import type { IncomingMessage } from "node:http";
import type { ByteStream, Bytes } from "../../src/runtime/runtime.ts";
import { toBody } from "../shared/light/body.ts";
import { createSource } from "../shared/light/source.ts";

/**
 * A request's body as a stream that is read from the socket once its consumer asks, and then no further ahead than a
 * source keeps. It fails when the client leaves before its end. Cancelling it leaves the connection alone: the answer
 * may still be written.
 */
export function incomingBody(request: IncomingMessage): ByteStream {
  const source = createSource({
    start() {
      request.on("data", onData).on("end", onEnd).on("close", onClose);
    },
    resume: () => request.resume(),
    cancel() {
      detach();
      request.pause();
    },
  });

  function onData(chunk: Bytes): void {
    if (!source.push(chunk)) request.pause();
  }

  function onEnd(): void {
    detach();
    source.done();
  }

  function onClose(): void {
    detach();
    source.fail(request.errored ?? new DOMException("The client left inside its request.", "AbortError"));
  }

  function detach(): void {
    request.off("data", onData).off("end", onEnd).off("close", onClose);
  }

  return toBody(source);
}

/** How long the rest of a request that was answered early is read and dropped before its connection is closed. */
const LINGER = 5_000;

/**
 * Drops what is left of a request whose answer is out, for a while: closing at once would reset the connection, and
 * the client might never see its answer (RFC 9112 §9.6).
 */
export function dropRest(request: IncomingMessage): void {
  if (request.complete) return;
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), LINGER);
  request.removeAllListeners("data");
  request.once("close", () => clearTimeout(timer));
  request.once("end", () => clearTimeout(timer));
  request.resume();
}
