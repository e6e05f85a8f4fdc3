/** The client's address out of X-Forwarded-For: a list of trusted ranges, the peer and the field, a line each. */

import { isIP, isIPv6 } from "node:net";
import * as v from "valibot";
import { type Address, formatAddress, isIpv4, parseAddress } from "../../src/base/ip-address.ts";
import { ipOrRange } from "../../src/config/schema/values.ts";
import { createClientAddress } from "../../src/forward/client-address.ts";
import { holds, type Target, textOf } from "../target.ts";

export const target: Target = {
  seeds: [
    "10.0.0.0/8 192.0.2.1\n10.0.0.1\n203.0.113.7, 10.1.1.1",
    "2001:db8:ffff::/48 ::1\n2001:db8:ffff::2\n[2001:db8::1]:443, 2001:db8:ffff::9",
    "0.0.0.0/0\n127.0.0.1\n::ffff:10.0.0.1%eth0, unknown, , 1.2.3.4:80",
    "::/0\n::1\n1:2:3:4:5:6:7.8.9.10, 1::8, ::",
  ],
  words: [
    ", ",
    "::ffff:",
    "::",
    "[",
    "]:80",
    "/0",
    "/128",
    "%eth0",
    "1.2.3.4",
    "fe80::1",
    "unknown",
    "0.0.0.0/0",
  ],
  limit: 512,
  check(input) {
    const [ranges = "", peer = "", field = ""] = textOf(input).split("\n");
    const trusted = ranges.split(" ").filter((range) => v.is(ipOrRange(), range));
    for (const text of field.split(",")) sameAsNode(text.trim());
    const addresses = createClientAddress(trusted);
    const client = addresses.resolve(peer, field);
    holds(addresses.trusts(peer) === isIn(trusted, peer), `trusts ${peer}: not as its ranges say`);
    const wanted = addresses.trusts(peer) ? (expected(trusted, field) ?? peer) : peer;
    holds(client === wanted, `took ${client}, expected ${wanted}`);
  },
};

/** From the right, up to the first that is not trusted or no address: the last one before that. */
function expected(trusted: readonly string[], field: string): string | undefined {
  const entries = field.split(",").map((entry) => entry.trim());
  let client: string | undefined;
  for (const entry of entries.filter((one) => one !== "").reverse()) {
    const [, v6, v4] = /^\[(.*)\](?::\d{1,5})?$|^([^:]*):\d{1,5}$/.exec(entry) ?? [];
    const address = parseAddress(v6 ?? v4 ?? entry);
    if (address === undefined) break;
    client = formatAddress(address);
    if (!isIn(trusted, client)) break;
  }
  return client;
}

/** Node's own parser takes the same texts for addresses. */
function sameAsNode(text: string): void {
  const zone = text.indexOf("%");
  const address = isIPv6(text) && zone >= 0 ? text.slice(0, zone) : text;
  if (text.includes("%") && !isIPv6(text)) return;
  const parsed = parseAddress(address);
  holds(
    (parsed !== undefined) === (isIP(address) !== 0),
    `${JSON.stringify(address)}: an address for one parser only`,
  );
}

/** 128 binary digits; of an IPv4 address those of its IPv4-mapped form. */
function bitsOf(address: Address): string {
  return address.map((word) => word.toString(2).padStart(32, "0")).join("");
}

function isIn(ranges: readonly string[], address: string): boolean {
  const parsed = parseAddress(address);
  if (parsed === undefined) return false;
  return ranges.some((range) => {
    const [text = "", length] = range.split("/");
    const network = parseAddress(text);
    if (network === undefined) return false;
    const before = text.includes(":") ? 0 : 96;
    const size = length === undefined ? 128 : before + Number(length);
    // A range that is wider than all of IPv4 is meant for IPv6 alone.
    if (isIpv4(parsed) && size < 96) return false;
    return bitsOf(parsed).startsWith(bitsOf(network).slice(0, size));
  });
}
