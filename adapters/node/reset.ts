import type { Connection } from "./upstream-exchange.ts";

/** What a write to a connection says that was reset. */
const RESET: ReadonlySet<string | undefined> = new Set(["ECONNRESET", "EPIPE"]);

/**
 * Tells whether a connection that has ended was reset. libuv hands on a reset for an end where it comes together with
 * bytes. A write of no bytes asks the kernel, and sends nothing.
 *
 * @param found called once
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
    found(error && RESET.has(error.code) ? error : undefined);
  });
}
