import { isIPv4 } from "node:net";
import { TransportError } from "../../src/runtime.ts";
import type { Descriptors } from "./descriptors.ts";

/** No descriptor in the process or the system, no buffer, no memory. */
const NO_SOCKET: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);
/** No local port left; Deno says EINVAL. */
const NO_PORT: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EINVAL"]);
/** What a connect that lacked a descriptor may look like: names can't be looked up, and Bun takes it for a refusal. */
const AMBIGUOUS: ReadonlySet<TransportError["kind"]> = new Set(["refused", "dns"]);

/** Whether there is no connection because this host has no socket left for it. */
export function isNoSocket(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isNoSocket);
  if (typeof error !== "object" || error === null || !("code" in error)) return false;
  const code = String(error.code);
  if (NO_SOCKET.has(code)) return true;
  return NO_PORT.has(code) && (isToIPv4(error) || ("cause" in error && isNoSocket(error.cause)));
}

/** Where there is no IPv6, no address of it is available, which says nothing of ports. */
function isToIPv4(error: object): boolean {
  if ("address" in error && typeof error.address === "string") return isIPv4(error.address);
  // Bun's fetch has the URL.
  return "path" in error && !String(error.path).includes("://[");
}

/** The same error, or `no_socket` where it came of a lack of descriptors that does not show in it. */
export function orNoSocket(
  error: TransportError,
  descriptors: Pick<Descriptors, "areUsedUp">,
): TransportError {
  if (!AMBIGUOUS.has(error.kind) || !descriptors.areUsedUp()) return error;
  return new TransportError("no_socket", true, "no file descriptor is left", { cause: error });
}
