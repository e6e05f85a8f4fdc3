import type { Socket } from "node:net";

/**
 * Waits for `event` of a connecting socket. Rejects with the socket's error, or after an abort with the signal's
 * reason; the socket is destroyed in both cases.
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
      // A later error of TLS does not close the socket (on Deno never), and the request on it would wait for its
      // answer.
      socket.destroy();
    });
    socket.once("close", () => {
      settled();
      reject(new Error("the connection closed"));
    });
    if (signal.aborted) onAbort();
  });
}
