import { ListenError, TransportError } from "../../src/runtime.ts";

type Kind = TransportError["kind"];

/** A sign in an error's text, and what it stands for. The first that fits counts. */
type Sign = readonly [sign: RegExp, kind: Kind];

/** Errors of the connector: nothing was sent. */
const CONNECT_SIGNS: readonly Sign[] = [
  [/\bdns error\b/, "dns"],
  [/\btimed out\b/, "connect_timeout"],
  // Of TCP, and of the proxy's tunnel.
  [/\btcp connect error\b|tunnel|proxy/, "refused"],
];

/** Errors of hyper's parser. */
const BAD_RESPONSE =
  /\binvalid (?:HTTP|content-length|transfer-encoding|chunk)|\bmessage head is too large\b|\bunexpected message\b/;

/** What Deno's fetch says of ports that the Fetch standard forbids, before it connects. */
const BLOCKED_PORT = /\bRequests to port \d+ are blocked\b/;

/**
 * What an error of Deno's fetch means. It has no code, only texts of hyper's and rustls' in its cause. Whatever is not
 * known was a reset: then nobody knows what was sent.
 */
export function toTransportError(error: unknown): TransportError {
  const text = textOf(error);
  const connecting = text.includes("client error (Connect)");
  const kind = connecting ? connectKind(text) : exchangeKind(text);
  const nothingSent = connecting || kind === "refused";
  return new TransportError(kind, nothingSent, text, { cause: error });
}

function connectKind(text: string): Kind {
  // The rest is rustls' and the handshake's.
  return CONNECT_SIGNS.find(([sign]) => sign.test(text))?.[1] ?? "tls";
}

function exchangeKind(text: string): Kind {
  if (BLOCKED_PORT.test(text)) return "refused";
  return BAD_RESPONSE.test(text) ? "bad_response" : "reset";
}

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
