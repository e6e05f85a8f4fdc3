import type { ByteStream, Handler, Listener, ListenOptions } from "../../src/runtime/runtime.ts";
import { peerAddress } from "../shared/http/address.ts";
import { isAmbiguous } from "../shared/http/head.ts";
import { reportDefect } from "../shared/node-api/defects.ts";
import type { Descriptors } from "../shared/node-api/descriptors.ts";
import { JOINING_STATUS, type Joined, type Joinings, leave } from "../shared/websocket/joinings.ts";
import { createRelays } from "../shared/websocket/relays.ts";
import type { Bodies } from "./bodies.ts";
import { toListenError } from "./errors.ts";
import { holdIdleTimer } from "./idle-timer.ts";
import { type ClientSocket, createSocketHandlers, fieldsFor } from "./websocket/client-socket.ts";
import type { OpenedSocket } from "./websocket/open-socket.ts";

/** Largest idle timeout that `Bun.serve` takes for all of a server (seconds); single requests may have more. */
const MAX_IDLE = 255;

/** A request's body up to this size is no stream that goes on for long under an answer (bytes). */
const SMALL = 65_536;

type Server = Bun.Server<ClientSocket>;

/**
 * Listens with Bun's own server.
 *
 * @param joinings the answers that stand for a WebSocket
 */
export async function serve(
  handler: Handler,
  options: ListenOptions,
  bodies: Bodies,
  joinings: Joinings<OpenedSocket>,
  descriptors: Descriptors,
): Promise<Listener> {
  const idle = Math.ceil(options.idleTimeout / 1000);
  const relays = createRelays();

  async function answer(request: Request, server: Server): Promise<Response | undefined> {
    const { headers } = request;
    // Bun joins two Host fields into one that is none.
    if (isAmbiguous(headers)) return closing(options.refuse("bad_request"));
    const address = peerAddress(server.requestIP(request)?.address);
    const hold = holdIdleTimer((seconds) => server.timeout(request, seconds), idle);
    try {
      if (!isSmall(headers) && request.body !== null) bodies.holdFor(request.body as ByteStream, hold);
      const answered = await handler(request, { address });
      const joined = answered.status === JOINING_STATUS ? joinings.take(answered) : undefined;
      if (joined !== undefined) return join(request, joined, server);
      const response = await bodies.toSend(answered, hold);
      // Bun takes what follows a CONNECT for the contents of a tunnel. A stopped server closes its connections.
      return server !== current || request.method === "CONNECT" ? closing(response) : response;
    } catch (error) {
      reportDefect(error);
      return new Response(null, { status: 500 });
    } finally {
      hold.release();
    }
  }

  const idleLimit = Math.min(idle, MAX_IDLE);
  const handlers = createSocketHandlers(relays);
  const open = (port: number): Server => listen({ ...options, port }, idleLimit, answer, handlers);
  /** The server that accepts connections; undefined while accepting is paused, and after the end. */
  let current: Server | undefined = open(options.port);
  const port = current.port ?? options.port;
  /** Stopped servers. Each promise resolves when the server's last connection has closed. */
  const stopped = new Map<Server, Promise<void>>();

  function stopCurrent(): void {
    if (current === undefined) return;
    const server = current;
    current = undefined;
    stopped.set(
      server,
      server.stop().then(() => void stopped.delete(server)),
    );
  }

  // Bun's server can't pause: without descriptors it would call accept in an endless loop.
  const unwatch = descriptors.watch({
    essential: options.essential ?? false,
    pause() {
      stopCurrent();
      options.onNotAccepted?.();
    },
    resume() {
      current = open(port);
    },
  });

  return {
    port,
    async drain() {
      unwatch();
      stopCurrent();
      await Promise.all(stopped.values());
      await relays.empty();
    },
    async close() {
      unwatch();
      await relays.closeAll();
      stopCurrent();
      await Promise.all([...stopped.keys()].map((server) => server.stop(true)));
    },
  };
}

function join(request: Request, joined: Joined<OpenedSocket>, server: Server): undefined {
  const data: ClientSocket = { joined, relay: undefined };
  let isUpgraded = false;
  try {
    isUpgraded = server.upgrade(request, { headers: fieldsFor(joined), data });
  } finally {
    if (!isUpgraded) leave(joined);
  }
}

/** The same answer, which ends its connection. */
function closing(response: Response): Response {
  response.headers.set("connection", "close");
  return response;
}

function isSmall(headers: Headers): boolean {
  return Number(headers.get("content-length") ?? Number.POSITIVE_INFINITY) <= SMALL;
}

function listen(
  { address, port, tls }: ListenOptions,
  idleTimeout: number,
  fetch: (request: Request, server: Server) => Promise<Response | undefined>,
  websocket: Bun.WebSocketHandler<ClientSocket>,
): Server {
  try {
    return Bun.serve<ClientSocket>({
      hostname: address,
      port,
      ...(tls !== undefined && { tls: { cert: tls.cert, key: tls.key } }),
      idleTimeout,
      // The core has a limit of its own.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      // Without development it would be true: a second process would take half of the connections, silently.
      reusePort: false,
      fetch,
      websocket,
      // Also called for an answer whose body breaks before its head is sent.
      error: () => new Response(null, { status: 500 }),
    });
  } catch (error) {
    throw toListenError(error, tls !== undefined);
  }
}
