/**
 * Reads the members of one JSON document as it comes, until it is clear whether it is an error: a member `error` that
 * is an object or a text, or `"object": "error"`, and none of the members that an answer has; or a first choice that
 * failed without content.
 */

import { type Json, parseJson, toObject } from "../json.ts";
import type { Sense } from "../meaning.ts";
import { recogniseError } from "../recognise.ts";
import type { Finding, Scan } from "./finding.ts";

const ANSWERING: ReadonlySet<string> = new Set(["output", "content"]);

/** Members of a choice that have content, as text or below them. */
const CONTENT_IN_CHOICE: ReadonlySet<string> = new Set(["message", "delta", "text"]);

/** Keys that mean something, by length. */
const KEYS = keysByLength([...ANSWERING, ...CONTENT_IN_CHOICE, "choices", "error", "object", "role"]);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const BRACE = 0x7b;
const ZERO = 0x30;
const NINE = 0x39;
const CLOSING_BRACE = 0x7d;
/** The one bit by which a bracket differs from the brace of its side. */
const BRACKET_BIT = 0x20;

/** Depths at which keys count: the document's members, and in `choices` those of a choice and of its message. */
const ROOT = 1;
const CHOICE = 3;
const MESSAGE = 4;

const KNOWN: Finding = { type: "content", known: true };
const UNKNOWN: Finding = { type: "content", known: false };

const FAILED: Sense = { status: 500, meaning: undefined };

const decoder = new TextDecoder();

function keysByLength(keys: readonly string[]): readonly (readonly string[])[] {
  const longest = Math.max(...keys.map(({ length }) => length));
  return Array.from({ length: longest + 1 }, (_, length) => keys.filter((key) => key.length === length));
}

/** The key of {@link KEYS} in these bytes; empty where it is another one. Cheaper than to decode each key. */
function keyIn(bytes: Uint8Array, start: number, end: number): string {
  for (const key of KEYS[end - start] ?? []) if (isAt(bytes, start, key)) return key;
  return "";
}

function isAt(bytes: Uint8Array, start: number, key: string): boolean {
  for (let i = 0; i < key.length; i += 1) if (key.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(before.length + after.length);
  bytes.set(before);
  bytes.set(after, before.length);
  return bytes;
}

/**
 * Creates the scan of one JSON document.
 *
 * @param limit most bytes that are read
 */
export function createDocumentScan(limit: number): Scan {
  /** All bytes so far. Those of a first chunk are read in place; further chunks are joined to a copy. */
  let seen: Uint8Array = new Uint8Array();
  let size = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let stringStart = 0;
  /** By depth: the key whose value is next; undefined where a key is expected. */
  const keys: (string | undefined)[] = [];
  let lastKey = "";
  let valueBegun = false;
  let inChoices = false;
  let choiceStart = 0;
  /** Where the value of `error` begins and ends. */
  let errorStart: number | undefined;
  let errorEnd: number | undefined;
  let isErrorObject = false;

  function step(byte: number, at: number): Finding | undefined {
    if (inString) return inText(byte, at);
    if (byte <= 0x20) return undefined;
    if (depth === 0 && byte !== BRACE) return UNKNOWN;
    if (inChoices && isContent(byte)) return KNOWN;
    if (depth === ROOT && keys[ROOT] !== undefined && !valueBegun) {
      valueBegun = true;
      if (ANSWERING.has(keys[ROOT])) return KNOWN;
      if (keys[ROOT] === "choices") {
        if (byte !== (BRACE ^ BRACKET_BIT)) return KNOWN;
        inChoices = true;
      } else if (keys[ROOT] === "error") errorStart = byte === BRACE || byte === QUOTE ? at : undefined;
    }
    if (byte === QUOTE) {
      inString = true;
      stringStart = at + 1;
    } else if ((byte | BRACKET_BIT) === BRACE) open(at);
    else if ((byte | BRACKET_BIT) === CLOSING_BRACE) return close(at);
    else if (byte === COLON && hasKeys()) {
      keys[depth] = lastKey;
      valueBegun = false;
    } else if (byte === COMMA) keys[depth] = undefined;
    return undefined;
  }

  /** Whether a byte outside a string begins a value with something in it, below a choice's message. */
  function isContent(byte: number): boolean {
    if (depth <= MESSAGE || !CONTENT_IN_CHOICE.has(keys[CHOICE] ?? "")) return false;
    return byte === QUOTE || (byte >= ZERO && byte <= NINE);
  }

  function hasKeys(): boolean {
    return depth === ROOT || (inChoices && (depth === CHOICE || depth === MESSAGE));
  }

  function inText(byte: number, at: number): Finding | undefined {
    if (escaped) escaped = false;
    else if (byte === BACKSLASH) escaped = true;
    else if (byte === QUOTE) endText(at);
    return inChoices && inString && isText() ? KNOWN : undefined;
  }

  /** Whether the text that is being read is an answer's: a choice's `text`, or any of its message's but the role. */
  function isText(): boolean {
    if (depth === CHOICE) return keys[CHOICE] === "text";
    const key = keys[MESSAGE];
    if (depth !== MESSAGE || key === undefined || key === "role") return false;
    return CONTENT_IN_CHOICE.has(keys[CHOICE] ?? "");
  }

  function endText(at: number): void {
    inString = false;
    if (keys[depth] === undefined && hasKeys()) lastKey = keyIn(seen, stringStart, at);
    else if (depth !== ROOT) return;
    else if (keys[ROOT] === "error") {
      if (at === stringStart) errorStart = undefined;
      else errorEnd = at + 1;
    } else if (keys[ROOT] === "object") isErrorObject = text(stringStart, at) === "error";
  }

  function open(at: number): void {
    depth += 1;
    keys[depth] = undefined;
    if (inChoices && depth === CHOICE) choiceStart = at;
  }

  function close(at: number): Finding | undefined {
    depth -= 1;
    if (inChoices) {
      // The first choice decides; where there is none, that is the answer.
      if (depth === CHOICE - 1) return choice(at + 1);
      return depth < CHOICE - 1 ? KNOWN : undefined;
    }
    if (depth === ROOT && keys[ROOT] === "error" && errorStart !== undefined) errorEnd = at + 1;
    return depth === 0 ? verdict(true) : undefined;
  }

  function choice(end: number): Finding {
    const sense = recogniseError("", { choices: [parse(choiceStart, end)] });
    return sense === undefined ? KNOWN : { type: "error", ...sense };
  }

  function verdict(whole: boolean): Finding {
    if (inChoices) return KNOWN;
    if (errorStart === undefined && !isErrorObject) return UNKNOWN;
    const document = whole ? parse(0, size + 1) : { error: parse(errorStart ?? 0, errorEnd) };
    return { type: "error", ...(recogniseError("", toObject(document)) ?? FAILED) };
  }

  function text(start: number, end?: number): string {
    return decoder.decode(seen.subarray(start, end));
  }

  function parse(start: number, end?: number): Json {
    return parseJson(text(start, end));
  }

  return {
    push(bytes) {
      const chunk = bytes.subarray(0, limit - size);
      seen = size === 0 ? chunk : joined(seen, chunk);
      for (; size < seen.length; size += 1) {
        const finding = step(seen[size] ?? 0, size);
        if (finding !== undefined) return finding;
      }
      if (size === limit) return verdict(false);
      // The chunk's memory is its reader's.
      if (seen === chunk) seen = chunk.slice();
      return undefined;
    },
    end: () => (size === 0 ? undefined : UNKNOWN),
  };
}
