import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { clock } from "../clock.ts";
import { unlessAborted } from "../unless-aborted.ts";
import { type Address, interleave, type Resolve } from "./addresses.ts";
import { connectFailure } from "./failure.ts";
import { race } from "./race.ts";
import { ready } from "./ready.ts";

export interface TcpOptions {
  readonly resolve: Resolve;
  /** Milliseconds until the caller's signal aborts: the time for all addresses together. */
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
 * Opens a TCP connection to the first address of a host that accepts it (Happy Eyeballs, RFC 8305). No address of
 * several can use up the time of the others.
 *
 * Rejects with a system error (see {@link connectFailure} for several addresses), or with the signal's reason.
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
      // The runtime's own race ends each attempt after 250 or 500 ms.
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

/** The Connection Attempt Delay that RFC 8305 §8 recommends, and the shortest that it allows (ms). */
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
