import { isIPv6, type Socket } from "node:net";
import { toConnectError } from "../node-api/connect/error.ts";

/** The other end of a connection. */
export interface Target {
  readonly protocol: string;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
}

/** Bytes of a proxy's answer to CONNECT. */
const MAX_HEAD = 16_384;
const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * Asks the HTTP proxy at the other end of `socket` for a tunnel (RFC 9110 §9.3.6). Resolves when bytes on the socket
 * are the target's; rejects when the proxy refuses. An abort destroys the socket.
 */
export async function openTunnel(
  socket: Socket,
  { hostname, port }: Target,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const authority = `${isIPv6(hostname) ? `[${hostname}]` : hostname}:${port}`;
  const fields = [`CONNECT ${authority} HTTP/1.1`, `host: ${authority}`];
  if (authorization !== undefined) fields.push(`proxy-authorization: ${authorization}`);
  const answer = readHead(socket, signal);
  socket.write(`${fields.join("\r\n")}\r\n\r\n`);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(await answer)?.[1];
  if (status?.startsWith("2")) return;
  socket.destroy();
  throw toConnectError(
    new Error(
      status === undefined ? "the proxy's answer is not HTTP" : `the proxy answered CONNECT with ${status}`,
    ),
    "tcp",
  );
}

/** Reads up to the empty line; what follows it stays in the socket. */
function readHead(socket: Socket, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let read = Buffer.alloc(0);

    function onData(chunk: Buffer): void {
      read = Buffer.concat([read, chunk]);
      const end = read.indexOf(HEAD_END);
      if (end === -1 && read.byteLength < MAX_HEAD) return;
      settle();
      socket.pause();
      if (end === -1) {
        socket.destroy();
        reject(toConnectError(new Error("the proxy's answer has no end"), "tcp"));
        return;
      }
      const rest = read.subarray(end + HEAD_END.byteLength);
      if (rest.byteLength > 0) socket.unshift(rest);
      resolve(read.toString("latin1", 0, end));
    }

    function onClose(): void {
      settle();
      reject(toConnectError(signal.reason ?? new Error("the proxy closed the connection"), "tcp"));
    }

    function onAbort(): void {
      socket.destroy(signal.reason);
    }

    function settle(): void {
      socket.off("data", onData).off("close", onClose).off("end", onClose);
      signal.removeEventListener("abort", onAbort);
    }

    socket.on("data", onData).on("close", onClose).on("end", onClose);
    signal.addEventListener("abort", onAbort);
  });
}
