/** Makes an input out of others: a few small changes at a time. */

import type { Random } from "../../src/base/clock.ts";
import { below, choose } from "../../src/simulator/random.ts";

export interface Mutator {
  /** `other`: a second input, of which a piece may be taken. Never longer than the limit. */
  mutate(input: Uint8Array, other: Uint8Array): Uint8Array;
}

type Change = (input: Uint8Array, other: Uint8Array) => Uint8Array;

/** Bytes that mean something in one of the languages, or sit at an edge. */
const BYTES = [0, 9, 10, 13, 32, 34, 36, 37, 39, 44, 45, 46, 47, 58, 91, 93, 95, 123, 125, 127, 128, 255];
const NUMBERS = ["0", "-1", "1", "255", "256", "65535", "65536", "1e400", "9007199254740993", "0x10", ".5"];
/** Texts that decoders, trimming and letter case treat in a way of their own. */
const ODD = ["\ufeff", "\u0000", "\u2028", "\u00a0", "İ", "é", "😀", "\u007f", "\u0085", "__proto__"];

export function createMutator(words: readonly string[], limit: number, random: Random): Mutator {
  const encoder = new TextEncoder();
  const pieces = [...words, ...NUMBERS, ...ODD].map((word) => encoder.encode(word));

  const place = (bytes: Uint8Array): number => below(bytes.length + 1, random);
  /** A run of at most `most` bytes; mostly a short one. */
  const run = (bytes: Uint8Array, most: number): readonly [number, number] => {
    const start = place(bytes);
    return [
      start,
      Math.min(bytes.length, start + 1 + below(random() < 0.7 ? Math.min(8, most) : most, random)),
    ];
  };

  const changes: readonly Change[] = [
    // One byte becomes another.
    (input) => {
      const out = input.slice();
      if (out.length > 0)
        out[below(out.length, random)] = random() < 0.5 ? choose(BYTES, random) : below(256, random);
      return out;
    },
    // One bit flips.
    (input) => {
      const out = input.slice();
      const at = below(out.length, random);
      if (out.length > 0) out[at] = (out[at] ?? 0) ^ (1 << below(8, random));
      return out;
    },
    // A run goes.
    (input) => {
      const [start, end] = run(input, input.length);
      return join(input.subarray(0, start), input.subarray(end));
    },
    // A word comes in, or takes the place of a run.
    (input) => {
      const [start, end] = run(input, 16);
      const rest = random() < 0.6 ? start : end;
      return join(input.subarray(0, start), choose(pieces, random), input.subarray(rest));
    },
    // A byte comes in.
    (input) => {
      const at = place(input);
      return join(input.subarray(0, at), Uint8Array.of(choose(BYTES, random)), input.subarray(at));
    },
    // A run is repeated, sometimes very often.
    (input) => {
      const [start, end] = run(input, 64);
      const times = random() < 0.9 ? 1 + below(3, random) : below(200, random);
      const copies = Array.from({ length: times }, () => input.subarray(start, end));
      return join(input.subarray(0, end), ...copies, input.subarray(end));
    },
    // A run moves.
    (input) => {
      const [start, end] = run(input, 64);
      const rest = join(input.subarray(0, start), input.subarray(end));
      const at = place(rest);
      return join(rest.subarray(0, at), input.subarray(start, end), rest.subarray(at));
    },
    // A piece of another input comes in, or all of its end.
    (input, other) => {
      const at = place(input);
      const [start, end] = run(other, 128);
      return random() < 0.7
        ? join(input.subarray(0, at), other.subarray(start, end), input.subarray(at))
        : join(input.subarray(0, at), other.subarray(start));
    },
  ];

  return {
    mutate(input, other) {
      let out = input;
      for (let left = 1 + below(random() < 0.7 ? 3 : 12, random); left > 0; left -= 1) {
        out = choose(changes, random)(out, other);
      }
      return out.subarray(0, limit);
    },
  };
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
