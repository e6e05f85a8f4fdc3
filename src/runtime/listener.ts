/** The seam's server: see `runtime.ts`. */

/** A forward as the runtime sees it. Must not throw; an exception becomes a bare 500 of the adapter's. */
export type Handler = (request: Request, peer: Peer) => Response | Promise<Response>;

/** The other end of a client's connection. */
export interface Peer {
  /** IP address without port or zone, `203.0.113.7` or `2001:db8::1` (IPv4-mapped ones as IPv4). */
  readonly address: string;
  /** The request target exactly as sent, where the runtime shows it (Node). */
  readonly target?: string;
}

export interface ListenOptions {
  /** IP address or host name to bind. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How long a client may take from opening the connection (TLS included) to the end of its request head. */
  readonly headTimeout: number;
  /** How long a connection without a request is kept. */
  readonly idleTimeout: number;
  /** How long a client may take nothing of an answer that waits for it. */
  readonly writeTimeout: number;
  /**
   * Called when connections are not accepted for lack of file descriptors: for each pause, and for each connection that
   * the runtime closes at once.
   */
  readonly onNotAccepted?: () => void;
  /**
   * Whether to accept connections until the very last file descriptor is used.
   * @default false
   */
  readonly essential?: boolean;
  /** Makes the answer for a request that the runtime's own parser refused, where the adapter can send one. */
  readonly refuse: (refusal: Refusal) => Response;
}

/** Why a request never reached the handler. */
export type Refusal = "bad_request" | "headers_too_large" | "request_timeout";

export interface Listener {
  /** The port in use: the one asked for, or the one the system chose. */
  readonly port: number;
  /**
   * Stops accepting, closes idle connections and lets answers on open ones carry `connection: close`.
   * Resolves when no connection is left.
   */
  drain(): Promise<void>;
  /** Closes everything at once, running answers included. */
  close(): Promise<void>;
}

/** Why {@link Runtime.serve} failed. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  /** `in_use`, `not_available` (no such address, or not allowed), `tls` (certificate or key unusable). */
  readonly kind: "in_use" | "not_available" | "tls";

  constructor(kind: ListenError["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
