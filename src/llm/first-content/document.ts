/**
 * Looks at the top-level members of one JSON document as it comes, until it is clear whether it is an error: a non-null
 * object `error`, and none of the members that an answer has.
 */

import { statusOf } from "./error-status.ts";
import type { Finding, Scan } from "./finding.ts";
import { toObject } from "./json.ts";

const ANSWERING: ReadonlySet<string> = new Set(["choices", "output", "content"]);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
/** The one bit by which a bracket differs from the brace of its side. */
const BRACKET_BIT = 0x20;

const KNOWN: Finding = { type: "content", known: true };
const UNKNOWN: Finding = { type: "content", known: false };

const decoder = new TextDecoder();

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(before.length + after.length);
  bytes.set(before);
  bytes.set(after, before.length);
  return bytes;
}

/** @param limit bytes that are looked at */
export function createDocumentScan(limit: number): Scan {
  /** All bytes so far: those of one chunk are looked at where they are, those of several are put together. */
  let seen: Uint8Array = new Uint8Array();
  let size = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let stringStart = 0;
  /** The top-level member whose value is next; undefined where a key is. */
  let key: string | undefined;
  let lastString = "";
  let valueBegun = false;
  let errorStart: number | undefined;
  let errorEnd: number | undefined;

  function step(byte: number, at: number): Finding | undefined {
    if (inString) return inText(byte, at);
    if (byte <= 0x20) return undefined;
    if (depth === 0 && byte !== BRACE) return UNKNOWN;
    if (depth === 1 && key !== undefined && !valueBegun) {
      valueBegun = true;
      if (ANSWERING.has(key)) return KNOWN;
      if (key === "error") errorStart = byte === BRACE ? at : undefined;
    }
    if (byte === QUOTE) {
      inString = true;
      stringStart = at + 1;
    } else if ((byte | BRACKET_BIT) === BRACE) depth += 1;
    else if ((byte | BRACKET_BIT) === CLOSING_BRACE) return close(at);
    else if (depth === 1 && byte === COLON) {
      key = lastString;
      valueBegun = false;
    } else if (depth === 1 && byte === COMMA) key = undefined;
    return undefined;
  }

  function inText(byte: number, at: number): undefined {
    if (escaped) escaped = false;
    else if (byte === BACKSLASH) escaped = true;
    else if (byte === QUOTE) {
      inString = false;
      if (depth === 1 && key === undefined) lastString = decoder.decode(seen.subarray(stringStart, at));
    }
  }

  function close(at: number): Finding | undefined {
    depth -= 1;
    if (depth === 1 && key === "error" && errorStart !== undefined) errorEnd = at + 1;
    return depth === 0 ? verdict() : undefined;
  }

  function verdict(): Finding {
    return errorStart === undefined ? UNKNOWN : { type: "error", status: status() };
  }

  function status(): number {
    try {
      return statusOf(toObject(JSON.parse(decoder.decode(seen.subarray(errorStart, errorEnd)))) ?? {});
    } catch {
      return statusOf({});
    }
  }

  return {
    push(bytes) {
      const chunk = bytes.subarray(0, limit - size);
      seen = size === 0 ? chunk : joined(seen, chunk);
      for (; size < seen.length; size += 1) {
        const finding = step(seen[size] ?? 0, size);
        if (finding !== undefined) return finding;
      }
      if (size === limit) return verdict();
      // The chunk's memory is its reader's.
      if (seen === chunk) seen = chunk.slice();
      return undefined;
    },
    end: () => (size === 0 ? undefined : UNKNOWN),
  };
}
