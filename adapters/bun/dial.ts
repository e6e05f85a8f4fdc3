import { isIP, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { TransportError } from "../../src/runtime/runtime.ts";
import { resolve } from "../shared/node-api/connect/addresses.ts";
import { toConnectError } from "../shared/node-api/connect/error.ts";
import { ready } from "../shared/node-api/connect/ready.ts";
import { openTcp } from "../shared/node-api/connect/tcp.ts";

/** Where a connection goes. */
export interface DialTarget {
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  /** Whether a TLS handshake belongs to it. */
  readonly secure: boolean;
}

export function targetOf(url: string): DialTarget {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === "https:";
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (secure ? 443 : 80),
    secure,
  };
}

/**
 * Opens a connection, TLS included, and closes it at once: the only way to learn within a set time whether an
 * upstream takes connections where the runtime's `fetch` can't be told. The certificate isn't judged here, `fetch` does.
 *
 * @param timeout milliseconds
 * @throws {TransportError} `refused`, `dns`, `tls`, `no_socket` or `connect_timeout`, with nothing sent
 */
export async function dial(target: DialTarget, timeout: number): Promise<void> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(late(target, timeout)), timeout);
  let tcp: Socket | undefined;
  try {
    tcp = await openTcp(target, { resolve, timeout, keepAlive: 0 }, end.signal);
    if (target.secure) await ready(openTls(tcp, target), "secureConnect", end.signal);
  } catch (error) {
    throw toConnectError(error, tcp === undefined ? "tcp" : "tls");
  } finally {
    clearTimeout(timer);
    tcp?.destroy();
  }
}

function openTls(socket: Socket, { hostname }: DialTarget): Socket {
  return tlsConnect({
    socket,
    host: hostname,
    rejectUnauthorized: false,
    ALPNProtocols: ["http/1.1"],
    // A name only: an address in SNI is not allowed (RFC 6066 §3).
    ...(isIP(hostname) === 0 && { servername: hostname }),
  });
}

function late({ hostname, port }: DialTarget, timeout: number): TransportError {
  return new TransportError(
    "connect_timeout",
    true,
    `no connection to ${hostname}:${port} within ${timeout} ms`,
  );
}
