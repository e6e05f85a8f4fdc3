import type { Socket } from "node:net";
import type { Report } from "../shared/node-api/defects.ts";

/** Runs an event listener of `socket`. An exception is reported and ends this connection only. */
export function guarded(socket: Socket, report: Report, listener: () => void): void {
  try {
    listener();
  } catch (error) {
    socket.destroy();
    report(error);
  }
}
