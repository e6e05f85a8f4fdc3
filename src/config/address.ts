/** IP addresses, ranges and host names as the config writes them. */

import { type Address, formatAddress, parseAddress, parseCidr } from "../base/ip-address.ts";

/** Whether a text is an IP address or a CIDR range (RFC 4632 §3.1). A zone means nothing to another machine. */
export function isIpOrRange(text: string): boolean {
  return !text.includes("%") && parseCidr(text) !== undefined;
}

const LABEL = /^[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/i;

/** Whether a text is an IP address or a host name (RFC 1123 §2.1). */
export function isHost(text: string): boolean {
  if (!text.includes("%") && parseAddress(text) !== undefined) return true;
  const labels = text.replace(/\.$/, "").split(".");
  // A last label of digits would be a misspelt IPv4 address.
  return (
    text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "")
  );
}

/** A host as it is compared with others. */
export interface Host {
  /** One text for each address or name, however it is written. */
  readonly text: string;
  /** Undefined for a name. */
  readonly address: Address | undefined;
  /** `0.0.0.0` or `::`. */
  readonly isWildcard: boolean;
}

/** Reads an IP address or a host name. */
export function parseHost(host: string): Host {
  const address = parseAddress(host);
  const text = address === undefined ? host.toLowerCase() : formatAddress(address);
  return { text, address, isWildcard: text === "0.0.0.0" || text === "::" };
}
