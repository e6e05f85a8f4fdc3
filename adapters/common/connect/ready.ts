import type { Socket } from "node:net";

/**
 * Waits for `event` of a socket that connects. Rejects with the socket's error, and after an abort with the signal's
 * reason; the socket is destroyed then.
 */
export function ready<S extends Socket>(
  socket: S,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
): Promise<S> {
  return new Promise((resolve, reject) => {
    function onAbort(): void {
      reject(signal.reason);
      socket.destroy();
    }
    function settled(): void {
      signal.removeEventListener("abort", onAbort);
    }
    signal.addEventListener("abort", onAbort);
    socket.once(event, () => {
      settled();
      resolve(socket);
    });
    // This listener stays, so that an error always has one.
    socket.on("error", (error) => {
      settled();
      reject(error);
      // What breaks TLS later leaves the socket open (on Deno for good), and with it the request that waits for an answer.
      socket.destroy();
    });
    socket.once("close", () => {
      settled();
      reject(new Error("the connection closed"));
    });
    if (signal.aborted) onAbort();
  });
}
