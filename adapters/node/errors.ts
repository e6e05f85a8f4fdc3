import { ListenError } from "../../src/runtime/runtime.ts";
import { codeOf, messageOf } from "../shared/undici/errors.ts";

const LISTEN_KINDS: Readonly<Record<string, ListenError["kind"]>> = {
  EADDRINUSE: "in_use",
  EADDRNOTAVAIL: "not_available",
  EACCES: "not_available",
  EAFNOSUPPORT: "not_available",
  ENOTFOUND: "not_available",
};

/** Why a server could not listen; `otherwise` for an error that has no code of its own. */
export function toListenError(error: unknown, otherwise: ListenError["kind"]): ListenError {
  return new ListenError(LISTEN_KINDS[codeOf(error)] ?? otherwise, messageOf(error), { cause: error });
}
