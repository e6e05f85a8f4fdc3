import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Address,
  contains,
  formatAddress,
  isLoopback,
  networkOf,
  parseAddress,
  parseCidr,
} from "../../src/base/ip-address.ts";

function canonical(text: string): string | undefined {
  const address = parseAddress(text);
  return address && formatAddress(address);
}

function holds(range: string, address: string): boolean {
  const [cidr, parsed] = [parseCidr(range), parseAddress(address)];
  if (cidr === undefined || parsed === undefined) throw new Error("not an address or range");
  return contains(cidr, parsed);
}

const word = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.integer({ min: 0, max: 0xffff }),
);
const address: fc.Arbitrary<Address> = fc.tuple(word, word, word, word);
/** What looks like an address and mostly is none. */
const almost = fc
  .array(
    fc.constantFrom("0", "1", "9", "f", "A", "255", "256", "01", ":", "::", ".", "1.2.3.4", "ffff", "12345"),
    { maxLength: 18 },
  )
  .map((parts) => parts.join(""));

describe("an IP address", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"],
    ["2001:0db8::0001", "2001:db8::1"],
    // RFC 5952 §4.2: one zero group stays, the longest run goes, of equals the first.
    ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
    ["fe80::1%eth0", "fe80::1"],
  ])("%s is read and written as %s", (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it.each([
    "",
    " ",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.00",
    "1..2.3",
    ".1.2.3",
    "1.2.3.",
    "1.2.3.4 ",
    "0x1.2.3.4",
    "1.2.3.4%eth0",
    "+1.2.3.4",
    "١.2.3.4",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "g::",
    "::1.2.3",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "[::1]",
    "unknown",
    "localhost",
  ])("is not %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it("comes back as it was from its canonical text", () => {
    fc.assert(
      fc.property(address, (given) => {
        const text = formatAddress(given);
        expect(parseAddress(text)).toEqual(given);
        expect(parseAddress(text.toUpperCase())).toEqual(given);
        expect(canonical(text)).toBe(text);
      }),
    );
  });

  it("is what the platform takes for one too", () => {
    fc.assert(
      fc.property(fc.oneof(almost, fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 })), (text) => {
        fc.pre(!text.includes("%"));
        expect(parseAddress(text) !== undefined).toBe(isIPv4(text) || isIPv6(text));
      }),
      { numRuns: 3000 },
    );
  });

  it("is written as every WHATWG URL writes it", () => {
    fc.assert(
      fc.property(address, (given) => {
        const text = formatAddress(given);
        fc.pre(text.includes(":"));
        expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
      }),
    );
  });
});

describe("a loopback address", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.255.0.9", true],
    ["::ffff:127.0.0.1", true],
    ["::1", true],
    ["0:0:0:0:0:0:0:1", true],
    ["128.0.0.1", false],
    ["0.0.0.0", false],
    ["::", false],
    ["::2", false],
    ["fe80::1", false],
  ])("%s: %s", (text, expected) => {
    const address = parseAddress(text);
    expect(address !== undefined && isLoopback(address)).toBe(expected);
  });
});

describe("a CIDR range", () => {
  it.each([
    ["10.0.0.0/8", "10.255.255.255", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.1.2.3/8", "10.9.9.9", true],
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "192.0.2.0", false],
    ["192.0.2.128/25", "192.0.2.127", false],
    ["0.0.0.0/0", "203.0.113.7", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "2001:db8::1", true],
    ["::/0", "203.0.113.7", false],
    ["2001:db8::/33", "2001:db8:7fff::1", true],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["2001:db8::1/128", "2001:db8::1", true],
    ["2001:db8::1/127", "2001:db8::", true],
    ["2001:db8::1/127", "2001:db8::2", false],
    ["::ffff:10.0.0.0/104", "10.1.2.3", true],
    ["::ffff:10.0.0.0/104", "11.1.2.3", false],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["fe80::/10", "fe80::1%eth0", true],
  ])("%s and %s: %s", (range, one, expected) => {
    expect(holds(range, one)).toBe(expected);
  });

  it.each([
    "",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10.0.0.0/ 8",
    "10/8",
    "10.0.0.0/8.0",
    "x/8",
    "*",
  ])("is not %j", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it("holds just the addresses whose first bits are its own", () => {
    const bits = (given: Address): string => given.map((one) => one.toString(2).padStart(32, "0")).join("");
    fc.assert(
      fc.property(address, fc.nat(128), fc.nat(127), (given, prefix, flipped) => {
        const text = formatAddress(given);
        fc.pre(text.includes(":"));
        const other = given.map((one, i) =>
          i === flipped >> 5 ? (one ^ (1 << (31 - (flipped & 31)))) >>> 0 : one,
        );
        const [a = 0, b = 0, c = 0, d = 0] = other;
        const neighbour: Address = [a, b, c, d];
        fc.pre(formatAddress(neighbour).includes(":"));
        expect(holds(`${text}/${prefix}`, text)).toBe(true);
        const agree = bits(given).slice(0, prefix) === bits(neighbour).slice(0, prefix);
        expect(holds(`${text}/${prefix}`, formatAddress(neighbour))).toBe(agree);
      }),
    );
  });
});

describe("the network that counts as one client", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["nonsense", "nonsense"],
    ["non:sense", "non:sense"],
  ])("of %s is %s", (one, expected) => {
    expect(networkOf(one)).toBe(expected);
  });

  it("is the same for two IPv6 addresses just when their first 64 bits are", () => {
    fc.assert(
      fc.property(address, address, fc.boolean(), (one, other, same) => {
        const second: Address = same ? [one[0], one[1], other[2], other[3]] : other;
        const [left, right] = [formatAddress(one), formatAddress(second)];
        fc.pre(left.includes(":") && right.includes(":"));
        expect(networkOf(left) === networkOf(right)).toBe(one[0] === second[0] && one[1] === second[1]);
      }),
    );
  });
});
