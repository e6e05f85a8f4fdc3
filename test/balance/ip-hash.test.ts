import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Candidate } from "../../src/balance/balancer.ts";
import { createIpHash } from "../../src/balance/ip-hash.ts";
import { addresses, candidate, candidates, tally } from "./kit.ts";

const CLIENTS = addresses(20_000);

function map(available: readonly Candidate[], clients = CLIENTS): readonly string[] {
  const balancer = createIpHash();
  return clients.map((client) => balancer.pick(available, client).name);
}

describe("ip hash", () => {
  it("sends a client to the same upstream always, in every process and in any order of the list", () => {
    const all = candidates(1, 5, 2, 7);
    const there = map(all);
    expect(map(all)).toEqual(there);
    expect(map([...all].reverse())).toEqual(there);
  });

  it("has not changed since it was first released", () => {
    const all = ["openai", "azure", "vllm", "ollama"].map((name, i) => candidate(name, i + 1));
    const clients = ["203.0.113.7", "198.51.100.23", "192.0.2.1", "2001:db8::1", "10.0.0.1", "::1"];
    expect(map(all, clients)).toMatchInlineSnapshot(`
      [
        "ollama",
        "ollama",
        "ollama",
        "vllm",
        "ollama",
        "openai",
      ]
    `);
  });

  it("moves only the clients of the one that dropped out, to all the others by weight", () => {
    const all = candidates(2, 1, 3, 4);
    const before = map(all);
    const after = map(all.filter(({ name }) => name !== "u3"));
    expect(after.filter((name, i) => before[i] !== "u3" && name !== before[i])).toEqual([]);
    const counts = tally(after.filter((_, i) => before[i] === "u3"));
    // u3 had 8,000 of the 20,000.
    expect(Math.abs((counts["u0"] ?? 0) - 2667)).toBeLessThan(200);
    expect(Math.abs((counts["u1"] ?? 0) - 1333)).toBeLessThan(150);
    expect(Math.abs((counts["u2"] ?? 0) - 4000)).toBeLessThan(250);
  });

  it("moves clients only to one that was added", () => {
    const all = candidates(2, 1, 3, 4);
    const before = map(all.slice(0, 3));
    expect(map(all).filter((name, i) => name !== "u3" && name !== before[i])).toEqual([]);
  });

  it("shares by weight, from 1 to 65535", () => {
    const counts = tally(map(candidates(1, 9, 90)));
    expect(Math.abs((counts["u0"] ?? 0) - 200)).toBeLessThan(60);
    expect(Math.abs((counts["u1"] ?? 0) - 1800)).toBeLessThan(180);
    expect(tally(map(candidates(1, 65_535)))["u1"]).toBeGreaterThan(19_990);
  });

  it("shares evenly among a thousand", () => {
    const all = candidates(...Array.from({ length: 1000 }, () => 1));
    const counts = Object.values(tally(map(all, addresses(50_000))));
    expect(counts).toHaveLength(1000);
    expect(Math.min(...counts)).toBeGreaterThan(15);
    expect(Math.max(...counts)).toBeLessThan(100);
  });

  it("spreads neighbours: addresses and names that differ in one character", () => {
    const all = ["a", "b", "A", "\u0161", "a\u0000", "\ud800"].map((name) => candidate(name));
    const counts = Object.values(tally(map(all, CLIENTS.slice(0, 6000))));
    expect(counts).toHaveLength(6);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it("maps any text", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: "binary" }), { minLength: 1 }),
        fc.string(),
        (names, client) => {
          const all = names.map((name) => candidate(name));
          const [first, second] = [map(all, [client]), map(all, [client])];
          expect(names).toContain(first[0]);
          expect(second).toEqual(first);
        },
      ),
    );
  });
});
