import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createClientAddress } from "../../src/forward/client-address.ts";

const TRUSTED = ["10.0.0.0/8", "192.0.2.1", "2001:db8:ffff::/48"];
const { resolve, trusts } = createClientAddress(TRUSTED);
const PEER = "10.0.0.1";

/** Separators and spaces as proxies write them. */
const separator = fc.constantFrom(",", ", ", " , ", ",\t");
const trustedAddress = fc.oneof(
  fc.nat(255).map((n) => `10.1.2.${n}`),
  fc.constant("192.0.2.1"),
  fc.integer({ min: 1, max: 0xffff }).map((n) => `2001:db8:ffff::${n.toString(16)}`),
);
const stranger = fc.oneof(
  fc.nat(255).map((n) => `203.0.113.${n}`),
  fc.integer({ min: 1, max: 0xffff }).map((n) => `2001:db8::${n.toString(16)}`),
);
const garbage = fc.oneof(
  fc.constantFrom(
    "unknown",
    "_hidden",
    "1.2.3",
    "10.0.0.1:",
    "[10.0.0.1",
    "10.0.0.0/8",
    "::1::",
    '"10.0.0.1"',
    "x".repeat(10_000),
  ),
  fc.string({ minLength: 1 }).filter((text) => /[g-z]/.test(text) && !/[,%]/.test(text)),
);

describe("the client's address", () => {
  it("is the peer's where nobody is trusted", () => {
    const nobody = createClientAddress([]);
    expect(nobody.resolve("203.0.113.7", "198.51.100.1")).toBe("203.0.113.7");
    expect(nobody.resolve("203.0.113.7", null)).toBe("203.0.113.7");
    expect(nobody.trusts("203.0.113.7")).toBe(false);
  });

  it("is never read from an untrusted peer's header", () => {
    fc.assert(
      fc.property(stranger, fc.oneof(trustedAddress, stranger, garbage), (peer, header) => {
        expect(resolve(peer, header)).toBe(peer);
        expect(trusts(peer)).toBe(false);
      }),
    );
  });

  it.each([
    ["no header", null, PEER],
    ["an empty header", "", PEER],
    ["commas only", " , ,", PEER],
    ["one address", "203.0.113.7", "203.0.113.7"],
    ["what the client claims to the left", "198.51.100.1, 203.0.113.7", "203.0.113.7"],
    ["trusted proxies to the right", "198.51.100.1, 203.0.113.7, 10.9.9.9,192.0.2.1", "203.0.113.7"],
    ["trusted ones alone: the left-most", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["an IPv4-mapped proxy", "203.0.113.7, ::ffff:10.0.0.2", "203.0.113.7"],
    ["an IPv4-mapped client", "::ffff:203.0.113.7", "203.0.113.7"],
    ["ports", "203.0.113.7:4711, 10.0.0.2:443", "203.0.113.7"],
    ["brackets and ports", "[2001:db8::7]:4711, [2001:db8:ffff::1]", "2001:db8::7"],
    ["an IPv6 zone", "fe80::7%eth0", "fe80::7"],
    ["another spelling", "2001:DB8:0::0007", "2001:db8::7"],
    ["garbage right of the client: the last good one", "203.0.113.7, unknown, 10.0.0.2", "10.0.0.2"],
    ["nothing but garbage", "unknown", PEER],
    ["a port that is none", "203.0.113.7:", PEER],
    ["a bracket that doesn't close", "[2001:db8::7", PEER],
    ["text after a bracket", "[2001:db8::7]x", PEER],
    ["an empty element", "203.0.113.7,, 10.0.0.2,", "203.0.113.7"],
  ])("behind a trusted peer, with %s", (_, header, expected) => {
    expect(resolve(PEER, header)).toBe(expected);
  });

  it("is the right-most untrusted one, whatever stands to its left", () => {
    const left = fc.array(fc.oneof(trustedAddress, stranger, garbage), { maxLength: 4 });
    const right = fc.array(trustedAddress, { maxLength: 4 });
    fc.assert(
      fc.property(left, stranger, right, separator, (before, client, after, comma) => {
        expect(resolve(PEER, [...before, client, ...after].join(comma))).toBe(client);
      }),
    );
  });

  it("is the last trusted one before garbage, whatever stands to its left", () => {
    const left = fc.array(fc.oneof(trustedAddress, stranger, garbage), { maxLength: 4 });
    const right = fc.array(trustedAddress, { maxLength: 4 });
    fc.assert(
      fc.property(left, garbage, right, separator, (before, junk, after, comma) => {
        expect(resolve(PEER, [...before, junk, ...after].join(comma))).toBe(after[0] ?? PEER);
      }),
    );
  });

  it("is read in a time that grows no faster than the header", () => {
    const long = [
      `${"10.0.0.2,".repeat(7000)}`,
      `[${":".repeat(65_000)}`,
      `${"1:".repeat(32_000)}`,
      ",".repeat(65_000),
    ];
    const started = performance.now();
    for (const header of long) resolve(PEER, header);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it("believes a peer in any spelling", () => {
    for (const peer of ["10.255.0.1", "::ffff:10.255.0.1", "192.0.2.1", "2001:DB8:FFFF::1"])
      expect(trusts(peer)).toBe(true);
    for (const peer of ["11.0.0.1", "192.0.2.2", "2001:db8:fffe::1", "", "unix"])
      expect(trusts(peer)).toBe(false);
  });

  it("refuses a list with something that is no address", () => {
    expect(() => createClientAddress(["10.0.0.0/8", "10.0.0.0/64"])).toThrow("10.0.0.0/64");
  });
});
