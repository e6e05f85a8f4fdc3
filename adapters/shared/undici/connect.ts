import { X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import { createSecureContext, type SecureContext, connect as tlsConnect } from "node:tls";
import { type ClientOptions, TransportError } from "../../../src/runtime/runtime.ts";
import type { Resolve } from "../node-api/connect/addresses.ts";
import { type ConnectStage, toConnectError } from "../node-api/connect/error.ts";
import { ready } from "../node-api/connect/ready.ts";
import { openTcp } from "../node-api/connect/tcp.ts";
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
    if (!isWanted()) return callback(new Error("No request waits for this connection."), null);
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

/** As undici calls it, except that it gets both sockets. */
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
export function createOpener(
  { connectTimeout, keepAlive, ca, proxy }: ClientOptions,
  resolve: Resolve,
): Open {
  const secure = createSecurer(ca);
  const open = (target: Target, signal: AbortSignal): Promise<Socket> =>
    openTcp(target, { resolve, timeout: connectTimeout, keepAlive }, signal).catch(failedAt("tcp"));
  const openDirect: Open = async (target, signal) => {
    const tcp = await open(target, signal);
    return { tcp, socket: target.protocol === "https:" ? await secure(tcp, target, signal) : tcp };
  };
  if (proxy === undefined) return openDirect;

  const { protocol, hostname, port } = new URL(proxy.url);
  const via: Target = { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port: portOf(protocol, port) };
  // The private CA is the upstream's; the proxy is vouched for by the runtime's roots.
  const secureProxy = createSecurer(undefined);
  return async (target, signal) => {
    const tcp = await open(via, signal);
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
    // Without a CA of its own it reads all of Node's roots, which takes 20 ms: only when they are needed.
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
    return ready(secured, "secureConnect", signal).catch(failedAt("tls"));
  };
}

/** OpenSSL takes text without a certificate for an empty list of roots, and then trusts no certificate. */
function checked(ca: string): string {
  new X509Certificate(ca);
  return ca;
}

function failedAt(stage: ConnectStage): (error: unknown) => never {
  return (error) => {
    throw toConnectError(error, stage);
  };
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
