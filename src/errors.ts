/**
 * Everything that can go wrong with a request, as values of one family, and the one function that says what the
 * client gets for each. The `kind`s are the values of the metric labels `error` and `reason`.
 */

/** An upstream failed before its answer could be judged by its status. */
export type TransportFailure =
  /** Nothing listens, or no route to it. Nothing was sent. */
  | { readonly kind: "refused"; readonly nothingSent: true }
  /** Its name can't be resolved. Nothing was sent. */
  | { readonly kind: "dns"; readonly nothingSent: true }
  /** The handshake failed, or the certificate isn't trusted. Nothing was sent. */
  | { readonly kind: "tls"; readonly nothingSent: true }
  /** No connection within `timeout.connect`; `nothingSent` where that is known. */
  | { readonly kind: "connect_timeout"; readonly nothingSent: boolean }
  /** Closed or reset before the whole head. */
  | { readonly kind: "reset"; readonly nothingSent: false }
  /** Bytes that are not HTTP, or a length that lies. */
  | { readonly kind: "bad_response"; readonly nothingSent: false }
  /** No answer within `timeout.request`. */
  | { readonly kind: "request_timeout"; readonly nothingSent: false };

/** An upstream's answer broke after its headers. */
export type BodyFailure =
  /** It closed or reset the connection before the body's end. */
  | { readonly kind: "cut" }
  /** It was silent for `timeout.stall`. */
  | { readonly kind: "stall" };

/** An upstream answered with a status that is its own failure, not the client's. */
export interface StatusFailure {
  readonly kind: "status";
  readonly status: number;
}

/** What an attempt can die of. */
export type UpstreamFailure = TransportFailure | BodyFailure | StatusFailure;

/** The client's end of an exchange failed. */
export type ClientFailure =
  /** It left. */
  | { readonly kind: "client_closed" }
  /** It took nothing of the waiting answer for `timeout.write`. */
  | { readonly kind: "write_timeout" };

/** What the proxy itself refuses or can't do. */
export type ProxyFailure =
  | { readonly kind: "bad_request"; readonly reason: string }
  /** Silent inside the request head or body. */
  | { readonly kind: "request_body_timeout" }
  | { readonly kind: "body_too_large"; readonly limit: number }
  | { readonly kind: "uri_too_long"; readonly limit: number }
  | { readonly kind: "headers_too_large"; readonly limit: number }
  | { readonly kind: "rate_limited"; readonly retryAfterMs: number }
  | { readonly kind: "not_implemented"; readonly feature: string }
  | { readonly kind: "no_upstream_available"; readonly group: string; readonly retryAfterMs: number }
  | { readonly kind: "draining" };

/** An upstream's failure that became the client's answer, and whose it was. */
export interface ReportedFailure {
  readonly kind: "upstream";
  readonly failure: TransportFailure | BodyFailure;
  readonly group: string;
  readonly upstream: string;
}

/** What the client is told of. */
export type Failure = ProxyFailure | ClientFailure | ReportedFailure;
