import { TransportError } from "../../../../src/runtime/runtime.ts";
import { isNoSocket } from "../no-socket.ts";
import { codeOf, messageOf } from "../system-error.ts";

/** How far a connection had come when it failed. */
export type ConnectStage = "tcp" | "tls";

/** The {@link TransportError} of a failed connect. Nothing was sent. Returns a TransportError as it is. */
export function toConnectError(error: unknown, stage: ConnectStage): TransportError {
  if (error instanceof TransportError) return error;
  return new TransportError(kindOf(error, stage), true, messageOf(error), { cause: error });
}

/** The codes of getaddrinfo that do not begin with EAI_. */
const DNS_CODES: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);

function kindOf(error: unknown, stage: ConnectStage): TransportError["kind"] {
  if (stage === "tls") return "tls";
  if (isNoSocket(error)) return "no_socket";
  const code = codeOf(error);
  if (DNS_CODES.has(code) || code.startsWith("EAI_")) return "dns";
  return code === "ETIMEDOUT" ? "connect_timeout" : "refused";
}
