import { createAbortController } from "../shared/light/signal.ts";
import { clock } from "../shared/node-api/clock.ts";
import { createSilences } from "../shared/node-api/silences.ts";

/** A request younger than this is not asked whether its client has left (ms). */
const PATIENCE = 20;

/**
 * Replaces the signals of requests by ones that cost less. Deno's own costs an operation of its event loop, a tenth of
 * all that a small request costs, so it is asked only once a request has lasted for a while. Of a client that has left
 * by then it tells as well.
 *
 * @returns replaces the signal of one request. The function that it returns is to be called when there is an answer:
 *   from then on the one who writes it sees the client leave.
 */
export function createLeavings(): (request: Request) => () => void {
  const silences = createSilences(PATIENCE, clock);
  return (request) => {
    // HTTP/2, where Deno's signal does not tell of what was before it was asked.
    if (!request.headers.has("host")) return () => undefined;
    const controller = createAbortController();
    const ask = (): void => {
      const own = Reflect.get(Request.prototype, "signal", request) as AbortSignal;
      if (own.aborted) controller.abort(own.reason);
      else own.addEventListener("abort", () => controller.abort(own.reason));
    };
    Object.defineProperty(request, "signal", { value: controller.signal });
    // Deno never closes the connection of a client that has left before its handshake is answered with a WebSocket.
    if (request.headers.has("upgrade")) {
      ask();
      return () => undefined;
    }
    return silences.begin(ask).end;
  };
}
