import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { TransportError } from "../../src/runtime.ts";

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
 * @throws {TransportError} `refused`, `dns`, `tls` or `connect_timeout`, with nothing sent
 */
export function dial(target: DialTarget, timeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let stage: "tcp" | "tls" = "tcp";
    const socket = open(target);
    const timer = setTimeout(() => end(late(target, timeout)), timeout);

    function end(error?: TransportError): void {
      clearTimeout(timer);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    }
    socket.once("connect", () => {
      stage = "tls";
      if (!target.secure) end();
    });
    socket.once("secureConnect", () => end());
    // This listener stays, so that an error is never without one.
    socket.on("error", (error: Error) => end(toDialError(error, stage)));
    socket.once("close", () => end(toDialError(new Error("the connection closed"), stage)));
  });
}

function open({ hostname, port, secure }: DialTarget): Socket {
  if (!secure) return tcpConnect({ host: hostname, port });
  return tlsConnect({
    host: hostname,
    port,
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

/** What getaddrinfo's failures are called, less the ones that all begin with EAI_. */
const DNS_CODES: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);

function toDialError(error: Error, stage: "tcp" | "tls"): TransportError {
  const code = "code" in error ? String(error.code) : "";
  return new TransportError(kindOf(code, stage), true, error.message, { cause: error });
}

function kindOf(code: string, stage: "tcp" | "tls"): TransportError["kind"] {
  if (stage === "tls") return "tls";
  if (DNS_CODES.has(code) || code.startsWith("EAI_")) return "dns";
  return code === "ETIMEDOUT" ? "connect_timeout" : "refused";
}
