/** Marked secrets, and the search for them in whatever a program says. */

import { randomBytes } from "node:crypto";

/** A secret that is in exactly one place. */
export interface Canary {
  /** Where it was put, in words. */
  readonly place: string;
  readonly value: string;
}

/** The end of each canary: characters that URLs, JSON and base64 each write in their own way. */
const AWKWARD = '+/="&\\~';

/** A new one: a mark of letters and digits that is found whatever is done to its case, and an awkward end. */
export function createCanary(place: string, end = AWKWARD): Canary {
  return { place, value: `Cnry${randomBytes(9).toString("hex")}${end}` };
}

/** A canary of a value that is given: a line of a key, say. */
export function canaryOf(place: string, value: string): Canary {
  return { place, value };
}

/**
 * Where a text shows canaries: `the bearer token (base64)`. They are looked for as they are, URL-encoded, JSON-escaped
 * (once and twice), in hex, and in base64 wherever in the encoded bytes they begin; all without regard to case but base64.
 */
export function shownIn(text: string, canaries: readonly Canary[]): readonly string[] {
  const lower = text.toLowerCase();
  return canaries.flatMap(({ place, value }) => {
    const form = Object.entries(formsOf(value)).find(([name, forms]) =>
      forms.some((one) => (name === "base64" ? text.includes(one) : lower.includes(one.toLowerCase()))),
    );
    return form === undefined ? [] : [`${place} (${form[0]})`];
  });
}

function formsOf(value: string): Readonly<Record<string, readonly string[]>> {
  // What is only letters and digits looks the same in all of these, and where a text was cut its beginning is left.
  const mark = /^[A-Za-z\d]{16}/.exec(value)?.[0] ?? value;
  const json = JSON.stringify(value).slice(1, -1);
  return {
    plain: [value, mark],
    "JSON-escaped": [json, JSON.stringify(json).slice(1, -1)],
    "URL-encoded": [encodeURIComponent(value), encodeURIComponent(value).replaceAll("%20", "+")],
    hex: [Buffer.from(mark).toString("hex")],
    base64: [0, 1, 2].flatMap((offset) => base64At(mark, offset)),
  };
}

/** The part of base64 that only the text itself decides, when `offset` bytes stand before it in its group of three. */
function base64At(text: string, offset: number): readonly string[] {
  const encoded = Buffer.from("\0".repeat(offset) + text)
    .toString("base64")
    .replace(/=+$/, "");
  const inner = encoded.slice(offset === 0 ? 0 : offset + 1, -1);
  return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
}
