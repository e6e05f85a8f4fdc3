import { errors } from "undici";
import { ListenError, TransportError } from "../../src/runtime.ts";
import { isNoSocket } from "../common/no-socket.ts";

/** The `code` of an error of Node's or undici's, of its first part where it stands for several attempts. */
export function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : "";
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

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

const DNS_CODES: ReadonlySet<string> = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EAI_NODATA",
  "ENODATA",
]);

/** How far a connection had come when it failed. */
export type ConnectStage = "tcp" | "tls";

/** Why there is no connection. Nothing was sent. */
export function toConnectError(error: unknown, stage: ConnectStage): TransportError {
  if (error instanceof TransportError) return error;
  return new TransportError(connectKind(error, stage), true, messageOf(error), { cause: error });
}

function connectKind(error: unknown, stage: ConnectStage): TransportError["kind"] {
  if (stage === "tls") return "tls";
  if (isNoSocket(error)) return "no_socket";
  const code = codeOf(error);
  if (DNS_CODES.has(code)) return "dns";
  return code === "ETIMEDOUT" ? "connect_timeout" : "refused";
}

/** What is wrong with an answer (with a content-length undici calls any malformed part a mismatch), by undici's codes, and by its words where it has no code of its own. */
const WRONG: Readonly<Record<string, string>> = {
  UND_ERR_HEADERS_OVERFLOW: "a head of more than 64 KiB",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "a malformed head, or a content-length that does not fit",
  "bad response": "bytes before the request was sent",
  "bad upgrade": "a 101 that was not asked for",
};

/**
 * Why an exchange broke after its request began to be sent (`sent`), or before.
 *
 * @param stale whether no byte came over a connection that had been used before
 */
export function toTransportError(error: unknown, sent: boolean, stale = false): TransportError {
  if (error instanceof TransportError) return error;
  if (!sent) return toConnectError(error, "tcp");
  const options = { cause: error };
  const wrong = wrongWith(error);
  if (wrong !== undefined) return new TransportError("bad_response", false, wrong, options);
  return new TransportError("reset", false, messageOf(error), { ...options, stale });
}

function wrongWith(error: unknown): string | undefined {
  const known = WRONG[codeOf(error)] ?? WRONG[messageOf(error)];
  // Not every error of the parser has a code. What it says is in parentheses, and never a part of the answer.
  if (known !== undefined || !(error instanceof errors.HTTPParserError)) return known;
  return /\((.+)\)$/.exec(error.message)?.[1] ?? "it is not HTTP";
}
