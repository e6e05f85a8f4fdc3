import type { Socket } from "node:net";
import type { UpstreamSocket } from "../../../src/runtime/runtime.ts";

/** An upstream's connection after its 101. Nothing is read from it before it is taken. */
export class OpenedSocket implements UpstreamSocket {
  readonly headers: Headers;
  readonly #socket: Socket;
  #isTaken = false;

  constructor(headers: Headers, socket: Socket) {
    this.headers = headers;
    this.#socket = socket;
  }

  take(): Socket {
    this.#isTaken = true;
    return this.#socket;
  }

  abandon(): void {
    if (!this.#isTaken) this.#socket.destroy();
  }
}

/** As what this adapter's client has opened. */
export function opened(upstream: UpstreamSocket): OpenedSocket {
  if (upstream instanceof OpenedSocket) return upstream;
  throw new TypeError("Another runtime has opened this WebSocket.");
}
