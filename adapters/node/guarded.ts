import type { Socket } from "node:net";
import type { Report } from "../common/defects.ts";

/** Runs a listener of an event on `socket`. What it throws ends this connection, and no other. */
export function guarded(socket: Socket, report: Report, listener: () => void): void {
  try {
    listener();
  } catch (error) {
    socket.destroy();
    report(error);
  }
}
