import type { IncomingMessage } from "node:http";
import type { ByteStream, Bytes } from "../../src/runtime.ts";

/**
 * A request's body as a stream that reads from the socket only as its consumer asks. It fails when the client leaves
 * before its end. Cancelling it leaves the connection alone: the answer may still be written.
 */
export function incomingBody(request: IncomingMessage): ByteStream {
  let controller: ReadableStreamDefaultController<Bytes>;

  function onData(chunk: Bytes): void {
    controller.enqueue(chunk);
    if ((controller.desiredSize ?? 0) <= 0) request.pause();
  }

  function onEnd(): void {
    detach();
    controller.close();
  }

  function onClose(): void {
    detach();
    controller.error(
      request.errored ?? new DOMException("The client left inside its request.", "AbortError"),
    );
  }

  function detach(): void {
    request.off("data", onData).off("end", onEnd).off("close", onClose);
  }

  return new ReadableStream<Bytes>(
    {
      start(own) {
        controller = own;
        request.pause();
        request.on("data", onData).on("end", onEnd).on("close", onClose);
      },
      pull() {
        request.resume();
      },
      cancel() {
        detach();
        request.pause();
      },
    },
    { highWaterMark: 0 },
  );
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
