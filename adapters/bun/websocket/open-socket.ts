import {
  type FetchInit,
  type Handshake,
  TransportError,
  type UpstreamSocket,
} from "../../../src/runtime/runtime.ts";
import { createHandshake, OWN_FIELDS_AND_EXTENSIONS } from "../../shared/websocket/handshake.ts";
import type { UpstreamEnd } from "../../shared/websocket/message-relay.ts";
import { createWrittenBody, type WrittenBody } from "./upload.ts";

/**
 * Asks for a WebSocket by Bun's fetch: the body of a 101 is what the upstream writes, that of its request what goes there.
 * (Bun's own WebSocket shows neither status nor body of a refusal.)
 */
export async function openSocket(
  send: (init: FetchInit) => Promise<Response>,
  init: FetchInit,
): Promise<Handshake> {
  const { headers, isAnsweredBy } = createHandshake(init.headers, OWN_FIELDS_AND_EXTENSIONS);
  const body = createWrittenBody();
  const connection = new AbortController();
  const onAbort = (): void => connection.abort(init.signal.reason);
  if (init.signal.aborted) onAbort();
  init.signal.addEventListener("abort", onAbort, { once: true });
  const response = await send({
    ...init,
    headers: [["connection", "Upgrade"], ["upgrade", "websocket"], ...headers],
    body: body.stream,
    signal: connection.signal,
    fresh: true,
  });
  if (response.status !== 101) {
    body.end();
    return { type: "refused", response };
  }
  // From now on the socket itself ends it.
  init.signal.removeEventListener("abort", onAbort);
  if (!isAnsweredBy(response.headers)) {
    connection.abort();
    throw new TransportError("bad_response", false, "a 101 that does not answer the handshake");
  }
  return { type: "opened", socket: new OpenedSocket(response, body, connection) };
}

/** An upstream's connection after its 101. Nothing is read from it before it is taken. */
export class OpenedSocket implements UpstreamSocket {
  readonly headers: Headers;
  readonly #response: Response;
  readonly #body: WrittenBody;
  readonly #connection: AbortController;
  #isTaken = false;

  constructor(response: Response, body: WrittenBody, connection: AbortController) {
    this.headers = response.headers;
    this.#response = response;
    this.#body = body;
    this.#connection = connection;
  }

  take(): UpstreamEnd {
    this.#isTaken = true;
    const body = this.#body;
    return {
      start: (data, ended) => void this.#read(data).finally(ended),
      write: body.write,
      waiting: body.waiting,
      end: body.end,
      destroy: () => this.#connection.abort(),
    };
  }

  abandon(): void {
    if (!this.#isTaken) this.#connection.abort();
  }

  async #read(data: (bytes: Uint8Array) => void): Promise<void> {
    const reader = this.#response.body?.getReader();
    try {
      for (;;) {
        const read = await reader?.read();
        if (read?.value === undefined) return;
        data(read.value);
      }
    } catch {
      // Aborted, or broken: over in any case.
    }
  }
}

/** As what this adapter's client has opened. */
export function opened(upstream: UpstreamSocket): OpenedSocket {
  if (upstream instanceof OpenedSocket) return upstream;
  throw new TypeError("Another runtime has opened this WebSocket.");
}
