import { LOST_CODES } from "./delayed-errors.ts";
import type { Connection } from "./upstream-connection.ts";

/**
 * Finds out whether a connection that has ended was reset. libuv reports a reset as an end where it arrives together
 * with bytes. A write of no bytes asks the kernel, and sends nothing.
 *
 * @param found called once; undefined: it was not reset
 */
export function findReset(
  { socket, tcp, writeError }: Pick<Connection, "socket" | "tcp" | "writeError">,
  found: (reset: Error | undefined) => void,
): void {
  const failed = writeError();
  if (socket.errored || failed !== undefined) {
    // EPIPE: the end came before the reset.
    found(socket.errored ?? (failed?.code === "ECONNRESET" ? failed : undefined));
    return;
  }
  tcp.write("", (error: NodeJS.ErrnoException | null | undefined) => {
    found(error && LOST_CODES.has(error.code) ? error : undefined);
  });
}
