import { TransportError } from "../../src/runtime/runtime.ts";

type Kind = TransportError["kind"];

/** The codes that some platforms give the error, or its cause, of a fetch that got no connection. */
const KINDS: Readonly<Record<string, Kind>> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  ConnectionRefused: "refused",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  UND_ERR_CONNECT_TIMEOUT: "connect_timeout",
  UND_ERR_HEADERS_OVERFLOW: "bad_response",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls",
  SELF_SIGNED_CERT_IN_CHAIN: "tls",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tls",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tls",
  CERT_HAS_EXPIRED: "tls",
  ERR_TLS_CERT_ALTNAME_INVALID: "tls",
};

const NOTHING_SENT: ReadonlySet<Kind> = new Set(["refused", "dns", "tls", "connect_timeout"]);

/**
 * What an error of `fetch` means. The standard says only that there was one: whatever has no code was a reset, of which
 * it is unknown what was sent.
 */
export function toTransportError(error: unknown): TransportError {
  const kind = KINDS[codeOf(error)] ?? "reset";
  const said = error instanceof Error ? error.message : String(error);
  // A client sees this message, and the platform's own may contain the URL.
  const message = kind === "bad_response" ? "a head that is too large" : said;
  return new TransportError(kind, NOTHING_SENT.has(kind), message, { cause: error });
}

/** The first code on the way down to the cause. */
function codeOf(error: unknown): string {
  let at = error;
  for (let depth = 0; depth < 4 && at instanceof Error; depth += 1) {
    if ("code" in at && typeof at.code === "string") return at.code;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return "";
}
