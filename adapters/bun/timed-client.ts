import { X509Certificate } from "node:crypto";
import {
  type ClientOptions,
  type FetchInit,
  type Handshake,
  TransportError,
  type UpstreamFetch,
} from "../../src/runtime/runtime.ts";
import { clock } from "../shared/node-api/clock.ts";
import type { Descriptors } from "../shared/node-api/descriptors.ts";
import { orNoSocket } from "../shared/node-api/no-socket.ts";
import { dial, targetOf } from "./dial.ts";
import { createReach } from "./reach.ts";

/** What a runtime supplies to a client around its own `fetch`. */
export interface NativeFetch {
  /** Sends a request as the seam says. May reject with anything. */
  send(url: string, init: FetchInit): Promise<Response>;
  /** Asks for a WebSocket as the seam says. May reject with anything. */
  openSocket(url: string, init: FetchInit): Promise<Handshake>;
  /** What an error of {@link send} or {@link openSocket} means. */
  toTransportError(error: unknown): TransportError;
  /** Called with each answer of {@link send}. */
  answered(response: Response): void;
  /** Whether an idle connection may wait for the next request. */
  mayHaveIdle(): boolean;
  close(): void;
}

/** A client over a runtime's own `fetch`, with a connect timeout that the runtime does not have. */
export function createClient(
  options: ClientOptions,
  native: NativeFetch,
  descriptors: Pick<Descriptors, "areUsedUp">,
): UpstreamFetch {
  const { connectTimeout, idleTimeout, proxy } = options;
  // All requests of a client go to one host.
  let target = proxy === undefined ? undefined : targetOf(proxy.url);
  const reach = createReach({
    dial: () =>
      dial(known(target), connectTimeout).catch((error: unknown) => {
        throw meant(error);
      }),
    knock: () => dial({ ...known(target), secure: false }, connectTimeout),
    patience: connectTimeout,
    warmth: idleTimeout,
    clock,
  });
  /** The failure that an error of the runtime means. */
  function meant(error: unknown): TransportError {
    return orNoSocket(error instanceof TransportError ? error : native.toTransportError(error), descriptors);
  }

  let answeredAt = Number.NEGATIVE_INFINITY;

  async function send(url: string, init: FetchInit): Promise<Response> {
    const began = performance.now();
    // Which connection a request takes is not visible: it may be a pooled one if there can be any.
    const mayBePooled = !init.fresh && began - answeredAt < idleTimeout && native.mayHaveIdle();
    try {
      const response = await native.send(url, init);
      native.answered(response);
      if (!isFinal(response.status)) await refuse(response);
      // An answer on a connection of its own says nothing about the pooled ones.
      if (!init.fresh) answeredAt = isKeptAlive(response) ? performance.now() : Number.NEGATIVE_INFINITY;
      return response;
    } catch (error) {
      const failure = meant(error);
      const isStale = failure.kind === "reset" && mayBePooled && performance.now() - began < SOON;
      throw isStale
        ? new TransportError("reset", false, failure.message, { cause: failure, stale: true })
        : failure;
    }
  }

  async function openSocket(url: string, init: FetchInit): Promise<Handshake> {
    try {
      const handshake = await native.openSocket(url, init);
      if (handshake.type === "refused" && !isFinal(handshake.response.status))
        await refuse(handshake.response);
      return handshake;
    } catch (error) {
      throw meant(error);
    }
  }

  return {
    fetch(url, init) {
      target ??= targetOf(url);
      return reach(() => send(url, init), {
        signal: init.signal,
        onReached: init.onProgress,
      });
    },
    openSocket(url, init) {
      target ??= targetOf(url);
      return reach(() => openSocket(url, init), {
        signal: init.signal,
        onReached: init.onProgress,
      });
    },
    close: native.close,
  };
}

/** A connection that was closed for being idle breaks as soon as it is used, within a round trip or two (ms). */
const SOON = 1_000;

/** RFC 9112 §9.6. */
function isKeptAlive({ headers }: Response): boolean {
  return headers.get("connection")?.toLowerCase() !== "close";
}

async function refuse(response: Response): Promise<never> {
  // A body that fails while it is discarded is over as well.
  await response.body?.cancel().catch(() => undefined);
  throw new TransportError("bad_response", false, `status ${response.status}`);
}

/** A status that ends an exchange and can be passed on (RFC 9110 §15). */
function isFinal(status: number): boolean {
  return status >= 200 && status <= 599;
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("There is no target before the first request.");
  return value;
}

/** @throws when there is no certificate in `ca`: a runtime may take that for no roots at all, or see it too late. */
export function checkCa(ca: string | undefined): void {
  if (ca !== undefined) new X509Certificate(ca);
}
