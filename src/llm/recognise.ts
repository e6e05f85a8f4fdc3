/** What a provider's error says: the one place that knows it, for a status, an event of a stream and a 200 alike. */

import { type ErrorParts, errorParts } from "./error-parts.ts";
import { meaningOfMessage } from "./error-phrases.ts";
import { isAboutContent, senseOfWord, type WordSense } from "./error-words.ts";
import { type Json, type JsonObject, memberOf, toArray, toObject } from "./json.ts";
import type { Meaning } from "./meaning.ts";

/** What an error stands for. */
export interface Sense {
  /** 400–599: for an error in a 200 the one that it stands for, else its own, or the better one for its meaning. */
  readonly status: number;
  readonly meaning: Meaning | undefined;
}

/** An error without a status and without a known word is the server's. */
const UNKNOWN = 500;

/** The statuses that the meanings stand for where the error's own status is the server's. */
const STATUS_OF: Readonly<Record<Meaning, number>> = {
  context_length: 400,
  insufficient_quota: 402,
  invalid_key: 401,
  rate_limit: 429,
  overloaded: 529,
};

const decoder = new TextDecoder();

/** Most bytes of a body that is no JSON that are looked at. */
const TEXT = 1024;

/**
 * What an error's body says. A context that is too long is a 400, whatever the status it came with.
 *
 * @param status of the answer: 400–599
 * @param body decoded bytes; JSON, or plain text
 */
export function recogniseBody(status: number, body: Uint8Array): Sense {
  const value = parse(decoder.decode(body));
  const parts = value === undefined ? textParts(body) : errorParts(value);
  const meaning = meaningOf(parts, status);
  return { status: meaning === "context_length" && status >= 500 ? STATUS_OF[meaning] : status, meaning };
}

function textParts(body: Uint8Array): ErrorParts {
  return { words: [], status: undefined, messages: [decoder.decode(body.subarray(0, TEXT))] };
}

/**
 * What the error in an event, a line or a whole document of a 200 stands for, or undefined when it is none.
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

/** OpenRouter's, and those of gateways that lose their upstream. */
function isFailedChoice(choice: Json): boolean {
  return memberOf(choice, "finish_reason") === "error" || toObject(memberOf(choice, "error")) !== undefined;
}

/** What an error in a 200 stands for. */
function senseOf(parts: ErrorParts): Sense {
  const byWord = firstSense(parts.words);
  const own = parts.status ?? byWord?.status ?? UNKNOWN;
  const meaning = meaningOf(parts, own);
  return { status: meaning !== undefined && own === UNKNOWN ? STATUS_OF[meaning] : own, meaning };
}

/** Words that say more than that a limit was reached, then the provider's sentences, then all other words. */
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

/** A 429 that speaks of tokens is about their rate. */
function isBelievable(meaning: Meaning, status: number): boolean {
  return meaning !== "context_length" || status !== 429;
}

function firstSense(words: readonly string[]): WordSense | undefined {
  for (const word of words) {
    const sense = senseOfWord(word);
    if (sense !== undefined) return sense;
  }
  return undefined;
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
