import { ADDRCONFIG } from "node:dns";
import { lookup } from "node:dns/promises";

/** The target of one connection attempt. */
export interface Address {
  /** An IP address, or a name that the attempt itself resolves to an address of `family`. */
  readonly host: string;
  readonly family: 4 | 6;
}

/**
 * Resolves a name to addresses, in the order of the system's preference (RFC 6724).
 *
 * Rejects with the resolver's error (`code` ENOTFOUND, EAI_AGAIN and the like).
 */
export type Resolve = (hostname: string) => Promise<readonly Address[]>;

/** As `node:net` has it. Not on Windows, where ADDRCONFIG omits the loopback addresses of a machine that is offline. */
const HINTS = process.platform === "win32" ? 0 : ADDRCONFIG;

/** Resolves by the system's getaddrinfo: the hosts file, DNS and other configured sources. */
export const resolve: Resolve = async (hostname) => {
  const found = await lookup(hostname, { all: true, verbatim: true, hints: HINTS });
  return found.map(({ address, family }) => ({ host: address, family: family === 6 ? 6 : 4 }));
};

/** Most addresses of one host that are tried; the rest are ignored. */
export const MAX_ADDRESSES = 32;

/**
 * Orders addresses for attempts: families alternate, beginning with that of the first address, and each keeps its order
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
