import { ListenError } from "../../src/runtime/runtime.ts";

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${textOf(error.cause)}`;
}

/** Why `Deno.serve` could not listen. */
export function toListenError(error: unknown, secure: boolean): ListenError {
  return new ListenError(listenKind(error, secure), textOf(error), { cause: error });
}

function listenKind(error: unknown, secure: boolean): ListenError["kind"] {
  if (error instanceof Deno.errors.AddrInUse) return "in_use";
  if (error instanceof Deno.errors.AddrNotAvailable || error instanceof Deno.errors.PermissionDenied) {
    return "not_available";
  }
  return secure && !textOf(error).includes("lookup") ? "tls" : "not_available";
}
