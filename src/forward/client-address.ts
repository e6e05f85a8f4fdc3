/** Who the client is: the peer itself, or whom its trusted proxies name in X-Forwarded-For. */

import {
  type Address,
  type Cidr,
  contains,
  formatAddress,
  parseAddress,
  parseCidr,
} from "../base/ip-address.ts";

export interface ClientAddress {
  /**
   * The client's address, as canonical text where it was read from the header: the right-most address there that is not
   * trusted. What is left of something that is no address is not believed, and where all are trusted it is the
   * left-most.
   *
   * @param peer the other end of the connection
   * @param xForwardedFor all X-Forwarded-For fields, joined by commas; null when there is none
   */
  resolve(peer: string, xForwardedFor: string | null): string;
  /** Whether this peer's forwarding header fields are believed. */
  trusts(peer: string): boolean;
}

/** @param trusted IP addresses and CIDR ranges; throws a TypeError at one that is neither */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  const ranges = trusted.map(rangeOf);
  const isTrusted = (address: Address): boolean => ranges.some((range) => contains(range, address));

  function trusts(peer: string): boolean {
    if (ranges.length === 0) return false;
    const address = parseAddress(peer);
    return address !== undefined && isTrusted(address);
  }

  return {
    trusts,
    resolve(peer, xForwardedFor) {
      if (xForwardedFor === null || !trusts(peer)) return peer;
      let client: Address | undefined;
      for (let end = xForwardedFor.length; end > 0; ) {
        const comma = xForwardedFor.lastIndexOf(",", end - 1);
        const entry = xForwardedFor.slice(comma + 1, end).trim();
        end = comma;
        // Empty list elements don't count (RFC 9110 §5.6.1.2).
        if (entry === "") continue;
        const address = parseAddress(withoutPort(entry));
        if (address === undefined) break;
        client = address;
        if (!isTrusted(address)) break;
      }
      return client === undefined ? peer : formatAddress(client);
    },
  };
}

function rangeOf(text: string): Cidr {
  const range = parseCidr(text);
  if (range === undefined) throw new TypeError(`Not an IP address or CIDR range: ${text}`);
  return range;
}

/** An entry's address without brackets and port: `[2001:db8::1]:443`, `[2001:db8::1]`, `203.0.113.7:443`. */
function withoutPort(entry: string): string {
  const match = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry) ?? /^([^:]*):\d{1,5}$/.exec(entry);
  return match?.[1] ?? entry;
}
