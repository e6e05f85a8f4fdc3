/** IP addresses, ranges and host names as the config writes them. */

/** An IP address as bytes: 4 or 16. */
export type IpBytes = readonly number[];

/** Parses IPv4 dotted decimal or IPv6 (RFC 4291 §2.2) text, without zone or brackets; an IPv4-mapped one is IPv4. */
export function parseIp(text: string): IpBytes | undefined {
  return text.includes(":") ? unmapped(parseIpv6(text)) : parseIpv4(text);
}

function parseIpv4(text: string): IpBytes | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseIpv6(text: string): IpBytes | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, i) => parseGroups(half, i === halves.length - 1));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  return [...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

/** Groups of 16 bits; the last two may be written as IPv4 at the text's end. */
function parseGroups(text: string, isEnd: boolean): IpBytes | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    if (isEnd && i === groups.length - 1 && group.includes(".")) {
      const v4 = parseIpv4(group);
      if (v4 === undefined) return undefined;
      bytes.push(...v4);
      continue;
    }
    if (!/^[\da-f]{1,4}$/i.test(group)) return undefined;
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 255);
  }
  return bytes;
}

function unmapped(bytes: IpBytes | undefined): IpBytes | undefined {
  const isMapped = bytes?.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return isMapped ? bytes?.slice(12) : bytes;
}

/** Whether a text is an IP address or a CIDR range (RFC 4632 §3.1). */
export function isIpOrRange(text: string): boolean {
  const [address = "", length, ...rest] = text.split("/");
  const bytes = parseIp(address);
  if (bytes === undefined || rest.length > 0) return false;
  if (length === undefined) return true;
  // A mapped address keeps the 128 bits that it was written with.
  const bits = address.includes(":") ? 128 : 32;
  return /^(?:0|[1-9]\d{0,2})$/.test(length) && Number(length) <= bits;
}

const LABEL = /^[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/i;

/** Whether a text is an IP address or a host name (RFC 1123 §2.1). */
export function isHost(text: string): boolean {
  if (parseIp(text) !== undefined) return true;
  const labels = text.replace(/\.$/, "").split(".");
  // A last label of digits would be a misspelt IPv4 address.
  return (
    text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "")
  );
}
