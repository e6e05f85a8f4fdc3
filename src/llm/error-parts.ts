/** Finds the parts of an error in JSON of any provider's form. */

import { type Json, type JsonObject, memberOf, parseJson, toArray, toObject } from "./json.ts";

/** The parts of an error from which its meaning is recognised. */
export interface ErrorParts {
  /** Codes and types, the most specific first. */
  readonly words: readonly string[];
  /** The HTTP status that it names, 400–599. */
  readonly status: number | undefined;
  readonly messages: readonly string[];
}

/** How deep errors inside errors are looked into, as in a gateway's error around a provider's. */
const MAX_DEPTH = 3;

/**
 * Takes an error apart, from the innermost object that describes it to the outermost.
 *
 * - `{"error": {…}}`, `{"type": "error", "error": {…}}`: OpenAI, Anthropic, Gemini and most others
 * - `{"error": "text", "error_type": …}`, `{"error": "text", "code": …}`: Ollama, TGI, xAI
 * - `{"errors": [{…}]}`: watsonx, Cloudflare
 * - `{"message": …, "code": …}`, `{"__type": …}`: vLLM, Cohere, DashScope, Bedrock
 * - `{"detail": …}`: FastAPI
 * - `{"response": {"error": {…}}}`, `{"choices": [{"error": {…}}]}`: OpenAI's Responses, OpenRouter
 * - `[{"error": {…}}]`: Gemini
 */
export function errorParts(value: Json): ErrorParts {
  const objects = collect(value, 0);
  return {
    words: objects.flatMap(wordsOf),
    status: objects.map(statusIn).find((status) => status !== undefined),
    messages: objects.flatMap(messagesOf),
  };
}

function collect(value: Json, depth: number): readonly JsonObject[] {
  // Only one level of a list is opened: lists may be nested without a bound.
  const object = toObject(Array.isArray(value) ? value[0] : value);
  if (object === undefined || depth > MAX_DEPTH) return [];
  const { error, errors, detail, response, choices, metadata } = object;
  const inner = [
    error,
    toArray(errors)[0],
    detail,
    memberOf(response, "error"),
    toArray(choices)
      .map((choice) => memberOf(choice, "error"))
      .find((one) => toObject(one) !== undefined),
    rawError(metadata),
  ];
  return [...inner.flatMap((one) => collect(one, depth + 1)), object];
}

/** OpenRouter passes on a provider's error as text. */
function rawError(metadata: Json): Json {
  const raw = memberOf(metadata, "raw");
  return typeof raw === "string" && raw.startsWith("{") ? parseJson(raw) : undefined;
}

function wordsOf({
  code,
  reason,
  type,
  status,
  error_type,
  __type,
  details,
  innererror,
}: JsonObject): string[] {
  const reasons = toArray(details).map((detail) => memberOf(detail, "reason"));
  return (
    [code, ...reasons, reason, memberOf(innererror, "code"), type, status, error_type, __type]
      .filter((word) => typeof word === "string")
      // AWS: `com.amazon.coral.service#ThrottlingException`.
      .map((word) => word.replace(/^.*#/, ""))
  );
}

function statusIn({ status, status_code, code }: JsonObject): number | undefined {
  for (const value of [status, status_code, code]) {
    const number = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && number >= 400 && number <= 599) return number;
  }
  return undefined;
}

function messagesOf({ message, msg, error, error_msg, detail }: JsonObject): string[] {
  return [message, msg, error, error_msg, detail].filter((text) => typeof text === "string");
}
