/** What the providers' error bodies say, as far as it changes who is tried next. */

import type { Meaning } from "./meaning.ts";

const decoder = new TextDecoder();

/** Codes and words by which the providers say that the request's context does not fit the model. */
const CONTEXT_LENGTH = [
  // OpenAI, Azure OpenAI, and the many that speak their format
  "context_length_exceeded",
  // vLLM, Mistral, Together
  "maximum context length",
  "context length exceeded",
  "context window",
  // Anthropic
  "prompt is too long",
  "exceed context limit",
  // Gemini
  "exceeds the maximum number of tokens",
  // llama.cpp, Ollama
  "exceed_context_size_error",
  "exceeds the available context size",
  "input length exceeds",
  // Bedrock, Cohere
  "input is too long",
  "too many tokens",
] as const;

/**
 * Looks at an error's body.
 *
 * @returns `context_length` for a 400 or 413 that says the context is too long, `insufficient_quota` for a 429 with
 *   that code, undefined for all else
 */
export function errorSays(status: number, body: Uint8Array): Meaning | undefined {
  const text = decoder.decode(body);
  if (status === 429) return text.includes("insufficient_quota") ? "insufficient_quota" : undefined;
  if (status !== 400 && status !== 413) return undefined;
  const lower = text.toLowerCase();
  return CONTEXT_LENGTH.some((phrase) => lower.includes(phrase)) ? "context_length" : undefined;
}
