/** The members of a JSON object, found without building what is below them. */

import type { Json, JsonObject } from "./json.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Length of `\uXXXX`. */
const SHORTEST_ESCAPE = 6;

/** Longest key that is compared, as written (characters): each of the 13 of `stream_format` may be `\uXXXX`. */
const LONGEST_KEY = 78;

/** What stands for an object or an array. */
const CONTAINER: JsonObject = {};

/**
 * The members of these names that a JSON text has at its top level; undefined where the text is no JSON object. Of members
 * with the same name the last one counts. A value that is an object or an array is given as an empty object.
 *
 * Takes time in proportion to the text, whatever is nested in it: `JSON.parse` takes a second for 8 MiB of brackets, in
 * which all other clients wait. What is nested, and members of other names, are not validated.
 *
 * @param names of at most 13 characters
 */
export function topLevelMembers(text: string, names: readonly string[]): JsonObject | undefined {
  const places = new Map<string, Place>();
  let at = skipSpace(text, 0);
  if (text[at] !== "{") return undefined;
  at = skipSpace(text, at + 1);
  if (text[at] === "}") return isEnd(text, at + 1) ? {} : undefined;
  for (;;) {
    const keyEnd = endOfString(text, at);
    const colon = keyEnd === -1 ? -1 : skipSpace(text, keyEnd);
    if (colon === -1 || text[colon] !== ":") return undefined;
    const start = skipSpace(text, colon + 1);
    const end = endOfValue(text, start);
    if (end === -1) return undefined;
    const name = nameAt(text, at, keyEnd, names);
    if (name !== undefined) places.set(name, { start, end });
    at = skipSpace(text, end);
    if (text[at] === "}") return isEnd(text, at + 1) ? membersAt(places, text) : undefined;
    if (text[at] !== ",") return undefined;
    at = skipSpace(text, at + 1);
  }
}

/** Where a value is: from its first character to behind its last. */
interface Place {
  readonly start: number;
  readonly end: number;
}

function membersAt(places: ReadonlyMap<string, Place>, text: string): JsonObject | undefined {
  const members: Record<string, Json> = {};
  for (const [name, { start, end }] of places) {
    const value = isOpening(text.charCodeAt(start)) ? CONTAINER : parse(text.slice(start, end));
    if (value === undefined) return undefined;
    members[name] = value;
  }
  return members;
}

function isEnd(text: string, at: number): boolean {
  return skipSpace(text, at) === text.length;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** RFC 8259 §2. False for the NaN beyond the end. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Where the string that begins at `from` ends, after its quote; -1 where there is none. */
function endOfString(text: string, from: number): number {
  if (text.charCodeAt(from) !== QUOTE) return -1;
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((at - before) % 2 === 1) return at + 1;
  }
  return -1;
}

function endOfValue(text: string, from: number): number {
  const code = text.charCodeAt(from);
  if (code === QUOTE) return endOfString(text, from);
  return isOpening(code) ? endOfContainer(text, from) : endOfScalar(text, from);
}

/** `{` or `[`. */
function isOpening(code: number): boolean {
  return code === 0x7b || code === 0x5b;
}

/** `}` or `]`. */
function isClosing(code: number): boolean {
  return code === 0x7d || code === 0x5d;
}

function endOfContainer(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (end === -1) return -1;
      at = end - 1;
    } else if (isOpening(code)) depth += 1;
    else if (isClosing(code)) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** A number or a literal: up to a comma, a closing bracket or a space. */
function endOfScalar(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x2c || isClosing(code) || isSpace(code)) break;
  }
  return at === from ? -1 : at;
}

/** Which of the names the quoted key is. */
function nameAt(text: string, at: number, end: number, names: readonly string[]): string | undefined {
  const length = end - at - 2;
  for (const name of names) if (name.length === length && text.startsWith(name, at + 1)) return name;
  if (length < SHORTEST_ESCAPE || length > LONGEST_KEY) return undefined;
  const quoted = text.slice(at, end);
  const key = quoted.includes("\\") ? parse(quoted) : undefined;
  return names.find((name) => name === key);
}

/** Undefined where it is no value. */
function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
