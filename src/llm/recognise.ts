/** Recognises what a provider's error says: alike for an error status, an event of a stream and a document in a 200. */

import { type ErrorParts, errorParts } from "./error-parts.ts";
import { meaningOfMessage } from "./error-phrases.ts";
import { isAboutContent, senseOfWord } from "./error-words.ts";
import { type Json, type JsonObject, memberOf, parseJson, toArray, toObject } from "./json.ts";
import type { Meaning, Sense } from "./meaning.ts";

/** The status of an error in a 200 that has neither a status nor a known word. */
const UNKNOWN = 500;

/** The status of each meaning, for an error whose own status says nothing. */
const STATUS_OF: Readonly<Record<Meaning, number>> = {
  context_length: 400,
  insufficient_quota: 402,
  invalid_key: 401,
  rate_limit: 429,
  overloaded: 529,
};

const decoder = new TextDecoder();

/** Most bytes that are looked at of a body that is not JSON. */
const MAX_TEXT = 1024;

/**
 * Recognises an error from its status and body. A context that is too long is a 400, even if it came with a 5xx.
 *
 * @param status of the answer: 400–599
 * @param body decoded bytes; JSON, or plain text
 */
export function recogniseBody(status: number, body: Uint8Array): Sense {
  const value = parseJson(decoder.decode(body));
  const parts = value === undefined ? textParts(body) : errorParts(value);
  const meaning = meaningOf(parts, status);
  return { status: meaning === "context_length" && status >= 500 ? STATUS_OF[meaning] : status, meaning };
}

function textParts(body: Uint8Array): ErrorParts {
  return { words: [], status: undefined, messages: [decoder.decode(body.subarray(0, MAX_TEXT))] };
}

/**
 * Recognises an error in a 200: in an event, a line or a whole document. Undefined where the value is no error.
 *
 * @param name the event's `event` field, or empty
 */
export function recogniseError(name: string, value: JsonObject | undefined): Sense | undefined {
  if (name !== "error" && !(value !== undefined && isError(value))) return undefined;
  return senseOf(errorParts(value));
}

function isError({ error, type, object, choices }: JsonObject): boolean {
  if (toObject(error) !== undefined || (typeof error === "string" && error !== "")) return true;
  if (type === "error" || type === "response.failed" || object === "error") return true;
  return toArray(choices).some(isFailedChoice);
}

/** As OpenRouter sends it, and gateways that lose their upstream. */
function isFailedChoice(choice: Json): boolean {
  return memberOf(choice, "finish_reason") === "error" || toObject(memberOf(choice, "error")) !== undefined;
}

/** The status and the meaning of an error in a 200. */
function senseOf(parts: ErrorParts): Sense {
  const byWord = firstSense(parts.words);
  const own = parts.status ?? byWord?.status ?? UNKNOWN;
  const meaning = meaningOf(parts, own);
  return { status: meaning !== undefined && own === UNKNOWN ? STATUS_OF[meaning] : own, meaning };
}

/** Specific words count first, then the provider's sentences, then all other words. */
function meaningOf({ words, messages }: ErrorParts, status: number): Meaning | undefined {
  const byWord = words.map((word) => senseOfWord(word)?.meaning).filter((meaning) => meaning !== undefined);
  const specific = byWord.find((meaning) => isSpecific(meaning) && isBelievable(meaning, status));
  if (specific !== undefined) return specific;
  if (words.some(isAboutContent)) return undefined;
  for (const message of messages) {
    const meaning = meaningOfMessage(message, status);
    if (meaning !== undefined) return meaning;
  }
  return byWord.find((meaning) => !isSpecific(meaning));
}

function isSpecific(meaning: Meaning): boolean {
  return meaning !== "rate_limit" && meaning !== "overloaded";
}

/** In a 429 the words for too many tokens are about their rate. */
function isBelievable(meaning: Meaning, status: number): boolean {
  return meaning !== "context_length" || status !== 429;
}

function firstSense(words: readonly string[]): Sense | undefined {
  for (const word of words) {
    const sense = senseOfWord(word);
    if (sense !== undefined) return sense;
  }
  return undefined;
}
