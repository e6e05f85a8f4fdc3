import { isIPv4 } from "node:net";
import { TransportError } from "../../../src/runtime/runtime.ts";
import type { Descriptors } from "./descriptors.ts";

/** No descriptor in the process or the system, no buffer, no memory left. */
const NO_SOCKET: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);
/** No local port left; Deno says EINVAL. */
const NO_PORT: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EINVAL"]);
/** Failures that a lack of descriptors may be reported as: names can't be resolved then, and Bun reports a refusal. */
const AMBIGUOUS: ReadonlySet<TransportError["kind"]> = new Set(["refused", "dns"]);

/** Whether a connect failed because the proxy's own host has no socket left for it. */
export function isNoSocket(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isNoSocket);
  if (typeof error !== "object" || error === null || !("code" in error)) return false;
  const code = String(error.code);
  if (NO_SOCKET.has(code)) return true;
  return NO_PORT.has(code) && (isToIPv4(error) || ("cause" in error && isNoSocket(error.cause)));
}

/** On a host without IPv6 no IPv6 address is available: that says nothing about ports. */
function isToIPv4(error: object): boolean {
  if ("address" in error && typeof error.address === "string") return isIPv4(error.address);
  // An error of Bun's fetch has the URL in `path`.
  return "path" in error && !String(error.path).includes("://[");
}

/**
 * Returns the error, or `no_socket` in its place where it was caused by a lack of descriptors that it does not show.
 */
export function orNoSocket(
  error: TransportError,
  descriptors: Pick<Descriptors, "areUsedUp">,
): TransportError {
  if (!AMBIGUOUS.has(error.kind) || !descriptors.areUsedUp()) return error;
  return new TransportError("no_socket", true, "no file descriptor is left", { cause: error });
}
