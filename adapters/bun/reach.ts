import { TransportError } from "../../src/runtime/runtime.ts";
import { createSilences, type SilenceClock } from "../shared/node-api/silences.ts";
import { unlessAborted } from "../shared/node-api/unless-aborted.ts";

export interface ReachOptions {
  /** Opens a connection as a request would, TLS included. Rejects with a {@link TransportError}. */
  readonly dial: () => Promise<void>;
  /** Opens a TCP connection only. */
  readonly knock: () => Promise<void>;
  /** Milliseconds that a request may be silent before its upstream is knocked at. */
  readonly patience: number;
  /** Milliseconds after the last sign of life for which an upstream is taken to be there. */
  readonly warmth: number;
  readonly clock: SilenceClock;
}

/**
 * Calls `send` in a way that a missing connect timeout of its own is made up for. Where that rejects although `send` is
 * still at it, the caller has to abort it.
 */
export type Reach = <T>(send: () => Promise<T>, options: SendOptions) => Promise<T>;

export interface SendOptions {
  readonly signal: AbortSignal;
  /** Called when `send` is about to be. */
  readonly onReached: () => void;
}

/**
 * A connect timeout for a `fetch` that has none.
 *
 * Cold (no sign of life within `warmth`): one dial, which requests share, has to succeed before anything is sent. Its
 * failure is the request's, and nothing was sent.
 *
 * Warm: the request is sent at once. When it is silent for `patience`, the upstream is knocked at. Only a knock that
 * gets no answer ends the request, as a connect timeout after which it is unknown what was sent. Any other failure of a
 * knock says nothing of a connection that stands: a server that drains refuses new ones and still answers.
 */
export function createReach({ dial, knock, patience, warmth, clock }: ReachOptions): Reach {
  let aliveAt = Number.NEGATIVE_INFINITY;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let dialing: Promise<void> | undefined;
  let knocking: Promise<boolean> | undefined;
  const silences = createSilences(patience, clock);

  function alive(): void {
    aliveAt = clock.now();
  }

  function shareDial(): Promise<void> {
    dialing ??= dial()
      .then(alive)
      .finally(() => {
        dialing = undefined;
      });
    return dialing;
  }

  /** Whether the listener answers, even with a refusal. */
  function shareKnock(): Promise<boolean> {
    knocking ??= knock()
      .then(
        () => true,
        (error: unknown) => !(error instanceof TransportError && error.kind === "connect_timeout"),
      )
      .then((answered) => {
        if (answered) answeredAt = clock.now();
        knocking = undefined;
        return answered;
      });
    return knocking;
  }

  function watched<T>(send: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const silence = silences.begin(doubt);

      async function doubt(began: number): Promise<void> {
        if (answeredAt > began || (await shareKnock()) || silence.isOver()) return;
        aliveAt = Number.NEGATIVE_INFINITY;
        reject(new TransportError("connect_timeout", false, "the upstream takes no more connections"));
      }

      send().then(
        (value) => {
          silence.end();
          alive();
          resolve(value);
        },
        (error: unknown) => {
          silence.end();
          if (error instanceof TransportError && error.nothingSent) aliveAt = Number.NEGATIVE_INFINITY;
          reject(error);
        },
      );
    });
  }

  return async (send, { signal, onReached }) => {
    if (clock.now() - aliveAt >= warmth) await unlessAborted(shareDial(), signal);
    onReached();
    return watched(send);
  };
}
