import { ADDRCONFIG } from "node:dns";
import { lookup } from "node:dns/promises";

/** An address that a connection attempt can go to. */
export interface Address {
  /** An IP address, or a name that the attempt itself resolves in its family. */
  readonly host: string;
  readonly family: 4 | 6;
}

/**
 * Resolves a name to addresses, in the order of the system's preference (RFC 6724).
 *
 * Rejects with the resolver's error, whose `code` is ENOTFOUND, EAI_AGAIN and the like.
 */
export type Resolve = (hostname: string) => Promise<readonly Address[]>;

/** What `node:net` asks for, except on Windows, where it leaves out loopback addresses of a machine that is offline. */
const HINTS = process.platform === "win32" ? 0 : ADDRCONFIG;

/** Resolves as the system does (getaddrinfo): the hosts file, DNS and what else it is set up for. */
export const resolve: Resolve = async (hostname) => {
  const found = await lookup(hostname, { all: true, verbatim: true, hints: HINTS });
  return found.map(({ address, family }) => ({ host: address, family: family === 6 ? 6 : 4 }));
};

/** Addresses of one host that are tried; the rest is ignored. */
export const MAX_ADDRESSES = 32;

/**
 * The order of attempts: families alternate, beginning with that of the first address, and each family keeps its order
 * (RFC 8305 §4 with a First Address Family Count of 1). At most {@link MAX_ADDRESSES}.
 */
export function interleave(addresses: readonly Address[]): readonly Address[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const second = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const pairs = Array.from({ length: Math.max(first.length, second.length) }, (_, i) => [
    first[i],
    second[i],
  ]);
  return pairs
    .flat()
    .filter((address) => address !== undefined)
    .slice(0, MAX_ADDRESSES);
}
