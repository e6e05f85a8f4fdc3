import type { Handler, Listener, ListenOptions } from "../../src/runtime/runtime.ts";
import { peerAddress } from "../shared/http/address.ts";
import { isAmbiguous } from "../shared/http/head.ts";
import { reportDefect } from "../shared/node-api/defects.ts";
import type { Acceptor, Descriptors } from "../shared/node-api/descriptors.ts";
import type { OpenedSocket } from "../shared/undici/upstream-socket.ts";
import { JOINING_STATUS, type Joinings, leave } from "../shared/websocket/joinings.ts";
import { createRelays } from "../shared/websocket/relays.ts";
import { toListenError } from "./errors.ts";
import { createLeavings } from "./leaving.ts";
import { createRequestBodies } from "./request-body.ts";
import { joinClient } from "./websocket/client-socket.ts";

/** Most servers of one listener: the one that accepts, and failed ones that still have running requests. */
const MAX_SERVERS = 64;

type Server = Deno.HttpServer<Deno.NetAddr>;

/** The longest interval of a timer (ms): it is set to keep the process alive, not to run. */
const MAX_INTERVAL = 2 ** 31 - 1;

/** Connections that wait to be accepted. */
const BACKLOG = 1024;

/**
 * Listens with Deno's own server.
 *
 * @param joinings the answers that stand for a WebSocket
 */
export async function serve(
  handler: Handler,
  options: ListenOptions,
  joinings: Joinings<OpenedSocket>,
  descriptors: Descriptors,
): Promise<Listener> {
  const closing = new AbortController();
  let drained: Promise<void> | undefined;

  const watchLeaving = createLeavings();
  const prepareBody = createRequestBodies();
  const relays = createRelays();

  async function respond(request: Request, remoteAddr: Deno.NetAddr): Promise<Response> {
    if (drained !== undefined && request.headers.has("upgrade")) return unavailable();
    if (isAmbiguous(request.headers)) return ended(options.refuse("bad_request"));
    const answered = watchLeaving(request);
    prepareBody(request, remoteAddr);
    const response = await handler(request, {
      address: peerAddress(remoteAddr.hostname),
      target: targetOf(request.url),
    });
    answered();
    const joined = response.status === JOINING_STATUS ? joinings.take(response) : undefined;
    if (joined !== undefined && drained === undefined && !request.signal.aborted) {
      return joinClient(request, joined, relays);
    }
    if (joined !== undefined) {
      leave(joined);
      return unavailable();
    }
    return drained === undefined ? response : ended(response);
  }

  const answer: Deno.ServeHandler<Deno.NetAddr> = async (request, { remoteAddr }) => {
    try {
      return await respond(request, remoteAddr);
    } catch (error) {
      reportDefect(error);
      return new Response(null, { status: 500 });
    }
  };

  let hasFailed = false;
  let staying: ReturnType<typeof setInterval> | undefined;

  /** Deno ends a process that has no server and no other work: until the next server accepts, a timer is work. */
  function setFailed(failed: boolean): void {
    hasFailed = failed;
    clearInterval(staying);
    staying = failed ? setInterval(() => undefined, MAX_INTERVAL) : undefined;
  }

  /** Servers that may have connections. The last one accepts, unless it has failed. */
  const servers = new Set<Server>();

  function open(port: number): Server {
    const server = listen({ ...options, port }, closing.signal, answer);
    servers.add(server);
    const [oldest] = servers;
    // Its running requests go on; its WebSockets are closed.
    if (servers.size > MAX_SERVERS && oldest !== undefined && servers.delete(oldest)) void oldest.shutdown();
    server.finished.catch(onFailedAccept);
    setFailed(false);
    return server;
  }

  /**
   * Deno's server stops accepting at the first connection that it can't accept. Its running requests go on, and another
   * server can take its port.
   */
  function onFailedAccept(): void {
    if (drained !== undefined || closing.signal.aborted) return;
    setFailed(true);
    options.onNotAccepted?.();
    descriptors.failed(acceptor);
  }

  const { port } = open(options.port).addr;
  const acceptor: Acceptor = {
    essential: options.essential ?? false,
    pause() {},
    resume() {
      if (hasFailed) open(port);
    },
  };
  const unwatch = descriptors.watch(acceptor);
  const shutdown = (): Promise<unknown> => Promise.all([...servers].map((server) => server.shutdown()));

  return {
    port,
    drain() {
      unwatch();
      clearInterval(staying);
      // Deno closes open WebSockets where it shuts down, so that waits for them. Until then it still takes connections.
      drained ??= relays
        .empty()
        .then(shutdown)
        .then(() => undefined);
      return drained;
    },
    async close() {
      unwatch();
      clearInterval(staying);
      await relays.closeAll();
      // A server that shuts down can't be aborted any more: what still runs then ends with the process.
      if (drained !== undefined) return;
      closing.abort();
      await Promise.allSettled([...servers].map(({ finished }) => finished));
    },
  };
}

/** For a handshake of a client that comes while the listener drains. */
function unavailable(): Response {
  return new Response(null, { status: 503, headers: { connection: "close" } });
}

/** The same answer, which ends its connection. */
function ended(response: Response): Response {
  response.headers.set("connection", "close");
  return response;
}

/** The request target as sent: Deno puts the authority before it and leaves it as it is. */
function targetOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  return start === -1 ? "/" : url.slice(start);
}

function listen(
  { address, port, tls }: ListenOptions,
  signal: AbortSignal,
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Server {
  const options: Deno.ServeTcpOptions = {
    hostname: address,
    port,
    signal,
    tcpBacklog: BACKLOG,
    onListen() {},
    // Also called for an answer whose body breaks before its head is sent.
    onError: () => new Response(null, { status: 500 }),
  };
  try {
    return tls === undefined
      ? Deno.serve(options, handler)
      : Deno.serve({ ...options, cert: tls.cert, key: tls.key }, handler);
  } catch (error) {
    throw toListenError(error, tls !== undefined);
  }
}
