import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { clock } from "../clock.ts";
import { unlessAborted } from "../unless-aborted.ts";
import { type Address, interleave, type Resolve } from "./addresses.ts";
import { connectFailure } from "./failure.ts";
import { race } from "./race.ts";
import { ready } from "./ready.ts";

export interface TcpOptions {
  readonly resolve: Resolve;
  /** Milliseconds that the caller's signal allows for the whole. */
  readonly timeout: number;
  /** Milliseconds until TCP keepalive probes an idle connection; 0 turns it off. */
  readonly keepAlive: number;
}

export interface TcpTarget {
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
}

/**
 * Opens a TCP connection to the first address of a host that takes it (Happy Eyeballs, RFC 8305). Where a host has
 * several addresses, none of them can use up the time of the others.
 *
 * Rejects with a system error, which has the `code` of the most telling one where several addresses fail, or with the
 * signal's reason.
 */
export async function openTcp(
  { hostname, port }: TcpTarget,
  { resolve, timeout, keepAlive }: TcpOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const connect = ({ host, family }: Address, ended: AbortSignal): Promise<Socket> => {
    const socket = tcpConnect({
      host,
      port,
      family,
      // The runtime's own way to try several addresses gives up on each after 250 or 500 ms.
      autoSelectFamily: false,
      noDelay: true,
      keepAlive: keepAlive > 0,
      keepAliveInitialDelay: keepAlive,
    });
    return ready(socket, "connect", ended);
  };
  const family = isIP(hostname);
  if (family !== 0) return connect({ host: hostname, family: family === 6 ? 6 : 4 }, signal);

  const addresses = interleave(await unlessAborted(resolve(hostname), signal));
  const discard = (socket: Socket): void => void socket.destroy();
  const delay = attemptDelay(timeout, addresses.length);
  return race(addresses, { connect, discard, delay, after: clock.after }, signal).catch(connectFailure);
}

/** Recommended by RFC 8305 §8, in milliseconds, and the shortest that it allows. */
const DELAY = 250;
const MIN_DELAY = 10;

/**
 * Milliseconds between the starts of two attempts: short enough that every address is tried within `timeout`.
 *
 * @param count number of addresses
 */
export function attemptDelay(timeout: number, count: number): number {
  return Math.max(MIN_DELAY, Math.min(DELAY, timeout / count));
}
