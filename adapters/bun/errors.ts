import { ListenError, TransportError } from "../../src/runtime/runtime.ts";
import { isNoSocket } from "../shared/node-api/no-socket.ts";
import { codeOf, messageOf } from "../shared/node-api/system-error.ts";

type Kind = TransportError["kind"];

/** Bun's codes of a failed connect, and of bytes that are not HTTP. */
const KINDS: Readonly<Record<string, Kind>> = {
  ECONNREFUSED: "refused",
  // For an IPv6 address on a host without IPv6.
  EADDRNOTAVAIL: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  ERR_PROXY_TUNNEL: "refused",
  ENOTFOUND: "dns",
  Malformed_HTTP_Response: "bad_response",
  InvalidContentLength: "bad_response",
  ResponseHeadersTooLarge: "bad_response",
  UnsupportedTransferEncoding: "bad_response",
  UnrequestedUpgrade: "bad_response",
};

/**
 * Verdicts on a certificate. EPROTO is not among them: Bun says it of a handshake that failed, and of TLS that broke
 * after the request was sent.
 */
const TLS_CODE =
  /^(?:ERR_TLS_\w+|CERT_\w+|CRL_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)$/;

const NOTHING_SENT: ReadonlySet<Kind> = new Set(["refused", "dns", "tls", "no_socket"]);

/** What is wrong with an answer, by Bun's codes. Bun's own messages contain the URL. */
const ANSWER_FAULTS: Readonly<Record<string, string>> = {
  Malformed_HTTP_Response: "a head that is not HTTP",
  InvalidContentLength: "a content-length that is not a number, or beside transfer-encoding",
  ResponseHeadersTooLarge: "a head that is too large",
  UnsupportedTransferEncoding: "a transfer-encoding other than chunked",
  UnrequestedUpgrade: "a 101 that was not asked for",
};

/** What an error of Bun's fetch means. An unknown code counts as a reset: what was sent is uncertain. */
export function toTransportError(error: unknown): TransportError {
  const code = codeOf(error);
  const kind = isNoSocket(error) ? "no_socket" : kindOf(code);
  const message = ANSWER_FAULTS[code] ?? messageOf(error);
  return new TransportError(kind, NOTHING_SENT.has(kind), message, { cause: error });
}

function kindOf(code: string): Kind {
  if (TLS_CODE.test(code)) return "tls";
  return KINDS[code] ?? (code.startsWith("EAI_") ? "dns" : "reset");
}

const LISTEN_KINDS: Readonly<Record<string, ListenError["kind"]>> = {
  EADDRINUSE: "in_use",
  EADDRNOTAVAIL: "not_available",
  EACCES: "not_available",
};

/** Why `Bun.serve` could not listen. What has no code of a socket's is about the certificate. */
export function toListenError(error: unknown, secure: boolean): ListenError {
  const kind = LISTEN_KINDS[codeOf(error)] ?? (secure ? "tls" : "not_available");
  return new ListenError(kind, messageOf(error), { cause: error });
}
