/** WebSockets on their way through: a part of the seam, see `runtime.ts`. Types only. */

/** An upstream's WebSocket after its 101, which waits for its client. */
export interface UpstreamSocket {
  /** The fields of the 101, the chosen subprotocol among them. */
  readonly headers: Headers;
  /** Closes it: there is no client for it. No effect once it is joined to one. */
  abandon(): void;
}

/** What an upstream says to a WebSocket handshake. */
export type Handshake =
  | { readonly type: "opened"; readonly socket: UpstreamSocket }
  /** Any answer but a valid 101, body and all. */
  | { readonly type: "refused"; readonly response: Response };

/** How a client is joined to its upstream. */
export interface Joining {
  /** Fields for the client's 101; those of the handshake itself are the adapter's. Lowercase names. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly watcher: SocketWatcher;
}

/** Told what happens on a joined WebSocket. Its functions must not throw. */
export interface SocketWatcher {
  /** Payload bytes of messages that came from the client. */
  received(bytes: number): void;
  /** Payload bytes of messages that were passed on to the client. */
  sent(bytes: number): void;
  /** Exactly one end, when both sides are over. */
  end(end: SocketEnd): void;
}

/**
 * How a WebSocket ended.
 *
 * `closed`: one side closed it, with a code. `client_gone`, `upstream_gone`: that side's connection ended without one.
 * `overflow`: one side took less than the other sent, and more waited for it than is kept. `going_away`: the proxy
 * closed it, since its listener does.
 */
export type SocketEnd =
  | { readonly type: "closed"; readonly code: number }
  | { readonly type: "client_gone" | "upstream_gone" | "overflow" | "going_away" };
