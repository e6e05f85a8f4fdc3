/** A short slice of `npm run fuzz`: each target's seeds, and what a few changes make of them. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMutator } from "../../fuzz/engine/mutate.ts";
import type { Target } from "../../fuzz/target.ts";
import { target as clientAddress } from "../../fuzz/targets/client-address.ts";
import { target as config } from "../../fuzz/targets/config.ts";
import { target as headerRules } from "../../fuzz/targets/header-rules.ts";
import { target as ndjson } from "../../fuzz/targets/ndjson.ts";
import { target as sse } from "../../fuzz/targets/sse.ts";
import { target as urlJoin } from "../../fuzz/targets/url-join.ts";
import { seeded } from "../../src/simulator/random.ts";

const TARGETS: Readonly<Record<string, Target>> = {
  "config loader": config,
  "URL join": urlJoin,
  "header rules": headerRules,
  "SSE scanner": sse,
  "ndjson scanner": ndjson,
  "client address": clientAddress,
};

/** An input of a target's language: changed so often, by so many seeds of chance. */
function inputOf(target: Target): fc.Arbitrary<Uint8Array> {
  const seeds = target.seeds.map((seed) => new TextEncoder().encode(seed));
  const seed = fc.constantFrom(...seeds);
  return fc.tuple(seed, seed, fc.nat(), fc.nat(4)).map(([input, other, chance, times]) => {
    const { mutate } = createMutator(target.words, target.limit, seeded(chance));
    let out: Uint8Array = input;
    for (let i = 0; i < times; i += 1) out = mutate(out, other);
    return out;
  });
}

describe.each(Object.entries(TARGETS))("the %s", (_, target) => {
  it("holds on its seeds", async () => {
    for (const seed of target.seeds) await target.check(new TextEncoder().encode(seed));
    expect(target.seeds.length).toBeGreaterThan(0);
  });

  it("holds on what a few changes make of them", async () => {
    await fc.assert(
      fc.asyncProperty(inputOf(target), async (input) => {
        await target.check(input);
      }),
      { numRuns: target === config ? 40 : 400 },
    );
  }, 20_000);

  it("holds on any text", async () => {
    const text = fc.string({ unit: "binary", maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(text, async (input) => {
        await target.check(new TextEncoder().encode(input));
      }),
      { numRuns: 200 },
    );
  });
});
