import { X509Certificate } from "node:crypto";
import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { createSecureContext, type SecureContext, connect as tlsConnect } from "node:tls";
import { type ClientOptions, TransportError } from "../../src/runtime.ts";
import { type ConnectStage, toConnectError } from "./errors.ts";
import { openTunnel, type Target } from "./tunnel.ts";

/**
 * undici's connector with a connect timeout that is exact, covers TCP, the proxy's CONNECT and TLS together, and
 * fails as the seam says. (The timeout of undici's own has a granularity of half a second.)
 *
 * After an abort undici opens a connection for the request that is no longer there; `isWanted` says whether anybody
 * waits for one.
 */
export function createConnector(open: Open, connectTimeout: number, isWanted: () => boolean): Connector {
  return ({ protocol, hostname, port }, callback) => {
    if (!isWanted()) return callback(new Error("Nobody waits for this connection."), null);
    const target = { protocol, hostname, port: portOf(protocol, port) };
    const attempt = new AbortController();
    const timer = setTimeout(() => attempt.abort(timeoutError(target, connectTimeout)), connectTimeout);
    open(target, attempt.signal)
      .finally(() => clearTimeout(timer))
      .then(
        (opened) => callback(null, opened),
        (error: unknown) => callback(toConnectError(error, "tcp"), null),
      );
  };
}

/** As undici calls it, but that it is told of both sockets. */
export type Connector = (
  target: { readonly protocol: string; readonly hostname: string; readonly port: string },
  callback: (...result: [error: Error, opened: null] | [error: null, opened: Opened]) => void,
) => void;

/** A connection that requests can be written to. */
export interface Opened {
  readonly socket: Socket;
  /** What carries it: `socket` itself where there is no TLS. */
  readonly tcp: Socket;
}

export type Open = (target: Target, signal: AbortSignal) => Promise<Opened>;

/**
 * Opens connections directly or through the proxy, with TLS where the target has it.
 *
 * @throws when `ca` has no certificate in it.
 */
export function createOpener({ keepAlive, ca, proxy }: ClientOptions): Open {
  const secure = createSecurer(ca);
  const openTcp = ({ hostname, port }: Target, signal: AbortSignal): Promise<Socket> => {
    const socket = tcpConnect({
      host: hostname,
      port,
      noDelay: true,
      keepAlive: keepAlive > 0,
      keepAliveInitialDelay: keepAlive,
    });
    return ready(socket, "connect", "tcp", signal);
  };
  const openDirect: Open = async (target, signal) => {
    const tcp = await openTcp(target, signal);
    return { tcp, socket: target.protocol === "https:" ? await secure(tcp, target, signal) : tcp };
  };
  if (proxy === undefined) return openDirect;

  const { protocol, hostname, port } = new URL(proxy.url);
  const via: Target = { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port: portOf(protocol, port) };
  // The private CA is the upstream's; the proxy is vouched for by the runtime's roots.
  const secureProxy = createSecurer(undefined);
  return async (target, signal) => {
    const tcp = await openTcp(via, signal);
    const toProxy = protocol === "https:" ? await secureProxy(tcp, via, signal) : tcp;
    if (target.protocol !== "https:") return { tcp, socket: toProxy };
    await openTunnel(toProxy, target, proxy.authorization, signal);
    return { tcp, socket: await secure(toProxy, target, signal) };
  };
}

type Secure = (socket: Socket, target: Target, signal: AbortSignal) => Promise<Socket>;

/** TLS over an open connection. The last session is offered again, so that a new connection costs one round less. */
function createSecurer(ca: string | undefined): Secure {
  let context: SecureContext | undefined =
    ca === undefined ? undefined : createSecureContext({ ca: checked(ca) });
  let session: Buffer | undefined;
  return (socket, { hostname }, signal) => {
    // Without a CA of its own it reads all of Node's roots, which takes 20 ms: not before somebody needs them.
    context ??= createSecureContext();
    const secured = tlsConnect({
      socket,
      host: hostname,
      secureContext: context,
      ALPNProtocols: ["http/1.1"],
      // A name only: an address in SNI is not allowed (RFC 6066 §3).
      ...(isIP(hostname) === 0 && { servername: hostname }),
      ...(session !== undefined && { session }),
    });
    secured.on("session", (latest) => {
      session = latest;
    });
    return ready(secured, "secureConnect", "tls", signal);
  };
}

/** OpenSSL takes text without a certificate for an empty list of roots, and then trusts nobody. */
function checked(ca: string): string {
  new X509Certificate(ca);
  return ca;
}

/** Resolves at `event`; an abort destroys the socket. */
function ready<S extends Socket>(
  socket: S,
  event: "connect" | "secureConnect",
  stage: ConnectStage,
  signal: AbortSignal,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => void socket.destroy(signal.reason);
    signal.addEventListener("abort", onAbort);
    socket.once(event, () => {
      signal.removeEventListener("abort", onAbort);
      resolve(socket);
    });
    // This listener stays, so that an error is never without one.
    socket.on("error", (error) => {
      reject(toConnectError(error, stage));
      // What breaks TLS later leaves the socket open (on Deno for good), and whoever waits for an answer with it.
      socket.destroy();
    });
    socket.once("close", () => reject(toConnectError(new Error("the connection closed"), stage)));
  });
}

function portOf(protocol: string, port: string): number {
  return Number(port) || (protocol === "https:" ? 443 : 80);
}

function timeoutError({ hostname, port }: Target, timeout: number): TransportError {
  return new TransportError(
    "connect_timeout",
    true,
    `no connection to ${hostname}:${port} within ${timeout} ms`,
  );
}
