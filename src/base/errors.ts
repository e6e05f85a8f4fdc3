/**
 * Everything that can go wrong with a request, as values of one family, and the one function that says what the
 * client gets for each. The `kind`s are the values of the metric labels `error` and `reason`.
 */

import { type NoUpstreamAvailable, reasonsText } from "./unavailable.ts";

/**
 * There is no connection, and nothing was sent. `refused`: no listener or no route. `dns`: no such name. `tls`: a
 * failed handshake or an untrusted certificate. `no_socket`: the proxy's host has no file descriptor, local port or
 * buffer for a connection, which is no failure of the upstream.
 */
export type ConnectFailure = {
  readonly kind: "refused" | "dns" | "tls" | "no_socket";
  readonly nothingSent: true;
};

/** An upstream gave no answer. */
export type TransportFailure =
  | ConnectFailure
  /** No connection within `timeout.connect`; `nothingSent` where that is certain. */
  | { readonly kind: "connect_timeout"; readonly nothingSent: boolean }
  /**
   * `reset`: closed before the whole head. `stale_connection`: the same on a reused connection; a fresh one may work.
   * `request_timeout`: no answer within `timeout.request`.
   */
  | {
      readonly kind: "reset" | "stale_connection" | "request_timeout";
      readonly nothingSent: false;
    }
  | BadResponse;

/** An answer that can't be passed on. */
export interface BadResponse {
  readonly kind: "bad_response";
  readonly nothingSent: false;
  /** What is wrong with it, in a few words without secrets: `status 700`. */
  readonly detail?: string;
}

/**
 * An answer broke after its headers. `cut`: its connection ended before the body did. `stall`: silent for
 * `timeout.stall`. `first_token_timeout`: no content within `timeout.first_token` (the headers may be missing too).
 */
export interface BodyFailure {
  readonly kind: "cut" | "stall" | "first_token_timeout";
}

/** An upstream failed without an answer that could be passed on whole. */
export type UpstreamFailure = TransportFailure | BodyFailure;

/** The client's end failed: it left, or it took nothing of the waiting answer for `timeout.write`. */
export interface ClientFailure {
  readonly kind: "client_closed" | "write_timeout";
}

/** What the proxy refuses or can't do. */
export type ProxyFailure =
  | { readonly kind: "bad_request"; readonly reason: string }
  /** Silent inside the request's head or body. */
  | { readonly kind: "request_timeout" }
  /** `limit` in bytes. */
  | { readonly kind: "body_too_large" | "uri_too_long" | "headers_too_large"; readonly limit: number }
  | { readonly kind: "rate_limited"; readonly retryAfterMs: number }
  | { readonly kind: "not_implemented"; readonly feature: string }
  | NoUpstreamAvailable
  /** `loop_detected`: it came back to the forward that had sent it. `internal_error`: a defect of the proxy itself. */
  | { readonly kind: "loop_detected" | "internal_error" };

/** An upstream's failure that becomes the client's answer, and whose it was. */
export interface ReportedFailure {
  readonly kind: "upstream";
  readonly failure: UpstreamFailure;
  readonly group: string;
  readonly upstream: string;
}

/**
 * The label values that are no failure's `kind`: an upstream's own 4xx or 5xx passed on to a client, a request moved
 * on because its context was too long for one upstream, a 2xx answer with an error in place of content, and a stream
 * that came whole with nothing in it.
 */
export const UPSTREAM_STATUS = "upstream_status";
export const CONTEXT_LENGTH = "context_length";
export const ERROR_IN_ANSWER = "error_in_answer";
export const EMPTY_STREAM = "empty_stream";

/** The label value of a status that is its upstream's failure: `status_503`. */
export function statusReason(status: number): string {
  return `status_${status}`;
}

/** What a client can get an error for. */
export type Failure = ProxyFailure | ClientFailure | ReportedFailure;

/** An answer of the proxy's own. */
export interface ErrorAnswer {
  readonly status: number;
  /** Value of `x-llmproxy-error`, and of `code` in the body. */
  readonly code: string;
  /** For people. Names the group and upstream, never a URL, a key or a stack. */
  readonly message: string;
  /** Whole seconds for Retry-After, at least 1. */
  readonly retryAfter?: number;
}

/** The one place that maps a failure to what the client gets. */
export function describe(failure: Failure): ErrorAnswer {
  switch (failure.kind) {
    case "bad_request":
      return { status: 400, code: "bad_request", message: failure.reason };
    case "request_timeout":
      return { status: 408, code: "request_timeout", message: "The request did not arrive in time." };
    case "body_too_large":
      return {
        status: 413,
        code: "body_too_large",
        message: `The body is larger than ${failure.limit} bytes.`,
      };
    case "uri_too_long":
      return {
        status: 414,
        code: "uri_too_long",
        message: `The target is longer than ${failure.limit} bytes.`,
      };
    case "rate_limited":
      return {
        status: 429,
        code: "rate_limited",
        message: "Too many requests from this address.",
        retryAfter: toSeconds(failure.retryAfterMs),
      };
    case "headers_too_large":
      return {
        status: 431,
        code: "headers_too_large",
        message: `The header fields are larger than ${failure.limit} bytes.`,
      };
    case "client_closed":
      return { status: 499, code: "client_closed", message: "The client closed the connection." };
    case "write_timeout":
      return { status: 499, code: "client_closed", message: "The client stopped reading the answer." };
    case "internal_error":
      return { status: 500, code: "internal_error", message: "The proxy failed to handle this request." };
    case "not_implemented":
      return { status: 501, code: "not_implemented", message: `Not supported: ${failure.feature}.` };
    case "no_upstream_available":
      return {
        status: 503,
        code: "no_upstream_available",
        message: `No upstream of group "${failure.group}" is available: ${reasonsText(failure.reasons)}.`,
        retryAfter: toSeconds(failure.retryAfterMs),
      };
    case "loop_detected":
      return {
        status: 508,
        code: "loop_detected",
        message: "The request came back to the forward that had sent it: one of its upstreams leads here.",
      };
    case "upstream":
      return describeUpstream(failure);
  }
}

function describeUpstream({ failure, group, upstream }: ReportedFailure): ErrorAnswer {
  const whose = `Upstream "${upstream}" of group "${group}"`;
  switch (failure.kind) {
    case "refused":
      return { status: 502, code: "upstream_unreachable", message: `${whose} refused the connection.` };
    case "dns":
      return {
        status: 502,
        code: "upstream_unreachable",
        message: `${whose} has a name that can't be resolved.`,
      };
    case "no_socket":
      return {
        status: 503,
        code: "no_socket",
        message: `The proxy has no socket left for upstream "${upstream}" of group "${group}".`,
        retryAfter: 1,
      };
    case "tls":
      return { status: 502, code: "upstream_unreachable", message: `${whose} failed the TLS handshake.` };
    case "reset":
    case "stale_connection":
      return {
        status: 502,
        code: "upstream_reset",
        message: `${whose} closed the connection before its answer.`,
      };
    case "cut":
      return {
        status: 502,
        code: "upstream_reset",
        message: `${whose} closed the connection inside its answer.`,
      };
    case "bad_response":
      return {
        status: 502,
        code: "upstream_bad_response",
        message: `${whose} gave an answer that can't be passed on: ${failure.detail ?? "it is not HTTP"}.`,
      };
    case "connect_timeout":
      return {
        status: 504,
        code: "upstream_timeout",
        message: `${whose} could not be connected to in time.`,
      };
    case "request_timeout":
      return { status: 504, code: "upstream_timeout", message: `${whose} did not answer in time.` };
    case "first_token_timeout":
      return {
        status: 504,
        code: "upstream_timeout",
        message: `${whose} gave no content in time.`,
      };
    case "stall":
      return { status: 504, code: "upstream_timeout", message: `${whose} fell silent inside its answer.` };
  }
}

/** Retry-After's whole seconds (RFC 9110 §10.2.3): rounded up, so that no client comes too early. */
export function toSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/** OpenAI's `error.type` for a status. */
function errorType(status: number): string {
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

/** The answer of the proxy's own for a failure: JSON in OpenAI's error shape, so that every SDK can read it. */
export function toResponse(failure: Failure): Response {
  const { status, code, message, retryAfter } = describe(failure);
  const error = { message, type: errorType(status), code, param: null };
  const body = new TextEncoder().encode(JSON.stringify({ error }));
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "content-length": String(body.byteLength),
    "x-llmproxy-error": code,
  };
  if (retryAfter !== undefined) headers["retry-after"] = String(retryAfter);
  // What comes now may be the rest of the request (RFC 9110 §15.5.9).
  if (failure.kind === "request_timeout") headers["connection"] = "close";
  return new Response(body, { status, headers });
}
