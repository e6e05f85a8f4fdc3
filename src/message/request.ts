import type { BodyFailure, ClientFailure, ProxyFailure } from "../base/errors.ts";
import type { ByteStream, Bytes, Joining, UpstreamSocket } from "../runtime/runtime.ts";
import type { Via } from "./headers.ts";

/** A client's request on its way to a group. */
export interface OutgoingRequest {
  readonly id: string;
  readonly method: string;
  /** As sent, less the route's `strip_prefix`; begins with `/`. */
  readonly path: string;
  /** Empty, or begins with `?`. */
  readonly query: string;
  readonly headers: Headers;
  /** Address that balancing and limits go by. */
  readonly client: string;
  readonly via: Via;
  readonly body: RequestBody;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** How long the client may take nothing of the waiting answer (ms). */
  readonly writeTimeout: number;
  /** Observes the answer that is passed on. */
  readonly observer: AnswerObserver;
  /** Where it is a WebSocket handshake. */
  readonly upgrade?: Upgrade | undefined;
}

/** A client that waits for a WebSocket. */
export interface Upgrade {
  /** Makes the answer that joins it to an upstream. */
  join(upstream: UpstreamSocket, joining: Joining): Response;
  /** Told how many bytes of messages came from it. */
  received(bytes: number): void;
}

/** A request's body: kept for a second try, or streamed and sent once. */
export type RequestBody =
  | { readonly type: "none" }
  | { readonly type: "kept"; readonly bytes: Bytes }
  | {
      readonly type: "stream";
      readonly stream: ByteStream;
      readonly length?: number | undefined;
      /** Whether nothing was taken of it yet, so that another upstream can have it whole. */
      isWhole(): boolean;
      /** Calls back at every chunk that goes upstream. */
      onProgress(listener: () => void): void;
      /** Why the stream failed, once it has: too large, silent, or broken off by the client. */
      failure(): ClientFailure | ProxyFailure | undefined;
    };

/** Told what reaches the client of an upstream's answer. */
export interface AnswerObserver {
  /** `bytes` of the body are passed on. */
  chunk(bytes: number): void;
  /**
   * Its one end; `failure` when it did not come whole.
   *
   * @param fault what was wrong with one that did come: a value of the metric label `error`
   */
  end(failure: StreamEnd | undefined, fault?: string): void;
}

/**
 * Why a body did not come whole: the upstream's fault (`cut`, `stall`, `first_token_timeout`, and `request_timeout`
 * where an answer is read whole first), or the client's.
 */
export type StreamEnd = BodyFailure["kind"] | "request_timeout" | ClientFailure["kind"];
