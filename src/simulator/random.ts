import type { Random } from "../base/clock.ts";

/** Pseudo-random numbers in [0, 1) that depend on the seed only (mulberry32; 32 bits of state, not for secrets). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a, 32 bits, over UTF-16 units. */
export function hash(text: string, start = 0x811c9dc5): number {
  let value = start >>> 0;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

/** A whole number in [0, bound). */
export function below(bound: number, random: Random): number {
  return Math.floor(random() * bound);
}

/** One of a non-empty list. */
export function choose<T>(list: readonly [T, ...T[]] | readonly T[], random: Random): T {
  const chosen = list[below(list.length, random)];
  if (chosen === undefined) throw new RangeError("choose from an empty list");
  return chosen;
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `length` characters in the form of the providers' ids. */
export function token(length: number, random: Random): string {
  let text = "";
  while (text.length < length) text += ALPHABET[below(ALPHABET.length, random)];
  return text;
}
