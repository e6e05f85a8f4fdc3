/** IP addresses and CIDR ranges as text and as numbers. */

/**
 * 128 bits as four unsigned 32-bit words, the highest first. An IPv4 address is its IPv4-mapped form
 * (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), so that both ways of writing it are the same.
 */
export type Address = readonly [number, number, number, number];

/** The addresses that agree with `network` in the bits of `mask`. */
export interface Cidr {
  readonly network: Address;
  readonly mask: Address;
}

/** Whether an address is this machine's own: 127.0.0.0/8 or ::1 (RFC 6890 §2.2). */
export function isLoopback(address: Address): boolean {
  if (isIpv4(address)) return address[3] >>> 24 === 127;
  return address.every((word, i) => word === (i === 3 ? 1 : 0));
}

const MAPPED = 0xffff;
const MAPPED_BITS = 96;

/** The capitals follow the small ones: six places on. */
const HEX_DIGITS = "0123456789abcdefABCDEF";

/** Parses IPv4 (four decimal numbers, no leading zeros) or IPv6 (RFC 4291 §2.2; a zone, RFC 4007 §11, is cut off). */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(":")) return parseIpv6(withoutZone(text));
  const value = parseIpv4(text);
  return value === undefined ? undefined : [0, 0, MAPPED, value];
}

function withoutZone(text: string): string {
  const zone = text.indexOf("%");
  return zone === -1 ? text : text.slice(0, zone);
}

function parseIpv4(text: string): number | undefined {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0x2e && digits > 0) {
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
      dots += 1;
      continue;
    }
    const leadingZero = digits > 0 && octet === 0;
    if (code < 0x30 || code > 0x39 || leadingZero) return undefined;
    octet = octet * 10 + code - 0x30;
    digits += 1;
    if (octet > 255) return undefined;
  }
  return dots === 3 && digits > 0 ? value * 256 + octet : undefined;
}

function parseIpv6(text: string): Address | undefined {
  const gap = text.indexOf("::");
  if (gap === -1) return toAddress(parseGroups(text, true), []);
  const head = gap === 0 ? [] : parseGroups(text.slice(0, gap), false);
  const tail = gap + 2 === text.length ? [] : parseGroups(text.slice(gap + 2), true);
  return toAddress(head, tail, true);
}

/** `gap`: whether zeros, one group at least, stand between head and tail. */
function toAddress(
  head: readonly number[] | undefined,
  tail: readonly number[] | undefined,
  gap = false,
): Address | undefined {
  if (head === undefined || tail === undefined) return undefined;
  const zeros = 8 - head.length - tail.length;
  if (gap ? zeros < 1 : zeros !== 0) return undefined;
  const group = (i: number): number => (i < head.length ? head[i] : tail[i - head.length - zeros]) ?? 0;
  const word = (i: number): number => group(i) * 0x10000 + group(i + 1);
  return [word(0), word(2), word(4), word(6)];
}

/** 16-bit groups; the last two may be written as IPv4 at the address' end. */
function parseGroups(text: string, atEnd: boolean): readonly number[] | undefined {
  const groups: number[] = [];
  for (let start = 0; start <= text.length; ) {
    const colon = text.indexOf(":", start);
    const end = colon === -1 ? text.length : colon;
    const group = parseGroup(text, start, end);
    if (group === undefined) {
      const value = atEnd && colon === -1 ? parseIpv4(text.slice(start)) : undefined;
      return value === undefined ? undefined : [...groups, value >>> 16, value & 0xffff];
    }
    groups.push(group);
    start = end + 1;
  }
  return groups;
}

/** One to four hexadecimal digits. */
function parseGroup(text: string, start: number, end: number): number | undefined {
  if (end === start || end - start > 4) return undefined;
  let group = 0;
  for (let i = start; i < end; i += 1) {
    const digit = HEX_DIGITS.indexOf(text.charAt(i));
    if (digit === -1) return undefined;
    group = group * 16 + (digit < 16 ? digit : digit - 6);
  }
  return group;
}

/** Parses `10.0.0.0/8`, `2001:db8::/32`, or a single address. Bits behind the prefix don't count. */
export function parseCidr(text: string): Cidr | undefined {
  const [base = "", prefix, ...more] = text.split("/");
  const address = parseAddress(base);
  if (address === undefined || more.length > 0) return undefined;
  const offset = base.includes(":") ? 0 : MAPPED_BITS;
  if (prefix === undefined) return { network: address, mask: maskOf(128) };
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return undefined;
  const bits = offset + Number(prefix);
  return bits > 128 ? undefined : { network: address, mask: maskOf(bits) };
}

function maskOf(bits: number): Address {
  const word = (i: number): number => {
    const set = Math.min(32, Math.max(0, bits - 32 * i));
    return set === 0 ? 0 : (0xffffffff << (32 - set)) >>> 0;
  };
  return [word(0), word(1), word(2), word(3)];
}

/** Whether an address is in a range. A wide IPv6 range such as `::/0` holds no IPv4 address. */
export function contains({ network, mask }: Cidr, address: Address): boolean {
  return (
    ((network[3] ^ address[3]) & mask[3]) === 0 &&
    ((network[2] ^ address[2]) & mask[2]) === 0 &&
    ((network[1] ^ address[1]) & mask[1]) === 0 &&
    ((network[0] ^ address[0]) & mask[0]) === 0 &&
    (mask[2] === 0xffffffff || !isIpv4(address))
  );
}

export function isIpv4([first, second, third]: Address): boolean {
  return first === 0 && second === 0 && third === MAPPED;
}

/** The canonical text: dotted decimal, or RFC 5952 §4 for IPv6. */
export function formatAddress(address: Address): string {
  if (isIpv4(address)) return formatIpv4(address[3]);
  const groups = address.flatMap((word) => [word >>> 16, word & 0xffff]);
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

/** The two groups of one word, in hexadecimal. */
function formatGroups(word: number): string {
  return `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
}

function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [i, group] of groups.entries()) {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start };
  }
  return best;
}

/**
 * The network that counts as one client: an IPv4 address itself, the /64 of an IPv6 address (a subscriber has at least
 * that, RFC 6177). One network has one text. Text that is no address stands for itself.
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const parsed = parseAddress(address);
  if (parsed === undefined) return address;
  if (isIpv4(parsed)) return formatIpv4(parsed[3]);
  const [first, second] = parsed;
  return `${formatGroups(first)}:${formatGroups(second)}::/64`;
}
