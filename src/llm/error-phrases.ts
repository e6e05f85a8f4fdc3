/**
 * The sentences in which providers say what their codes do not. Each phrase is long enough to match no other sentence:
 * it includes a number, or the subject that only the provider's own message has.
 */

import type { Meaning } from "./meaning.ts";

/** A number of tokens, with or without thousands' separators. */
const N = String.raw`[\d][\d,]*`;

const CONTEXT: readonly string[] = [
  // OpenAI, Azure OpenAI, DeepSeek, vLLM, OpenRouter ("This endpoint's …"), Fireworks
  // https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/serving_engine.py
  `maximum context length (?:is|of) ${N}`,
  `maximum context length: ${N}`,
  "(?:exceeds|exceeded) (?:the |this )?(?:model'?s )?(?:max|maximum) context (?:length|window|limit)",
  "exceeds the context window",
  `input tokens exceed the configured limit of ${N}`,
  // Groq, Cerebras
  "please reduce the length of the messages or completion",
  // vLLM
  `longer than the maximum model length of ${N}`,
  // SGLang, Together: https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/managers/tokenizer_manager.py
  String.raw`input \(?${N}(?: tokens)?\)? is longer than the model'?s context length`,
  String.raw`input length \(?${N}(?: tokens)?\)? exceeds (?:the |model'?s )?maximum (?:allowed (?:input )?|context )?length`,
  // Anthropic: https://docs.anthropic.com/en/docs/build-with-claude/context-windows
  `prompt is too long: ${N}`,
  String.raw`^prompt is too long\.?$`,
  `exceeds? context limit: ${N}`,
  // Gemini, Vertex: https://github.com/google-gemini/gemini-cli/issues/6678
  String.raw`input token count(?: \(${N}\))? exceeds the maximum number of tokens`,
  `input token count is ${N} but (?:the )?model only supports`,
  // TGI, TEI, Together: https://github.com/huggingface/text-generation-inference/blob/main/router/src/validation.rs
  String.raw`.inputs. tokens \+ .max_new_tokens. must be <= ${N}`,
  `.inputs. must have less than ${N} tokens`,
  // xAI
  `maximum prompt length is ${N} but the request contains`,
  // Moonshot
  `request exceeded model token limit: ${N}`,
  // Zhipu
  "prompt ?超长",
  // DashScope: https://help.aliyun.com/zh/model-studio/error-code
  String.raw`range of input length should be \[`,
  // watsonx
  `number of input tokens ${N} cannot exceed the total tokens limit`,
  // LM Studio: https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues
  `model is loaded with context length of only ${N}`,
  "tokens to keep from the initial prompt is greater than the context length",
  `reached context length of ${N} tokens`,
  // TensorRT-LLM: https://github.com/triton-inference-server/tensorrtllm_backend/issues/565
  String.raw`prompt length \(?${N}\)? exceeds maximum (?:input|sequence) length`,
  "sum of prompt length .{1,80} should not exceed max_num_tokens",
  // llama.cpp: https://github.com/ggml-org/llama.cpp/blob/master/tools/server
  "exceeds the available context size",
  "^context shift is disabled",
  "^context size has been exceeded",
  String.raw`^input (?:\(${N} tokens\) )?is too large to process`,
  `prompt has ${N} tokens?, but the configured context size is ${N}`,
  // Ollama: https://github.com/ollama/ollama/blob/main/server/routes.go
  "input length exceeds (?:the|maximum) context length",
  "prompt too long; exceeded (?:max )?context length",
  // Bedrock
  "^input is too long for (?:the )?requested model",
  String.raw`^input is too long\.?$`,
  `too many input tokens. max input tokens: ${N}`,
  "number of input tokens exceeds maximum length",
  // Cohere: https://docs.cohere.com/reference/errors
  "too many tokens: (?:total |the )?number of tokens",
  "too many tokens: size limit exceeded",
  // Mistral
  `too large for model with ${N} maximum context length`,
  // MiniMax, Cloudflare, GitHub Models and Copilot, Volcengine
  "context window exceeds limit",
  "exceeded this model context window limit",
  `request body too large for .{1,60} model. max size: ${N} tokens`,
  `prompt token count of ${N} exceeds the limit of ${N}`,
  "total tokens of image and text exceed max message tokens",
];

const QUOTA: readonly string[] = [
  // Anthropic
  "^your credit balance is too low",
  "^you have reached your specified api usage limits",
  // OpenAI
  "^billing hard limit has been reached",
  "^your account is not active, please check your billing",
  // DeepSeek, OpenRouter, Zhipu
  String.raw`^insufficient (?:balance|credits)\b`,
  "^余额不足",
  // xAI
  "team doesn't have any credits",
  "has either used all available credits",
  // Gemini
  "^this api method requires billing to be enabled",
  // DashScope
  "please make sure your account is in good standing",
  // Volcengine, Hugging Face, Together, Fireworks
  "your account has an overdue balance",
  "you have exceeded your monthly included credits",
  "^credit limit exceeded",
  "is suspended, possibly due to reaching the monthly spending limit",
];

const KEY: readonly string[] = [
  // Gemini
  "^api key not valid",
  "^api key expired",
  // OpenAI, xAI
  "^incorrect api key provided",
  // Together, Groq, Cohere
  String.raw`^invalid api (?:key|token)\b`,
  // Moonshot
  String.raw`^invalid authentication\.?$`,
  // AWS
  "^the security token included in the request is (?:invalid|expired)",
  // Anthropic
  "^this organization has been disabled",
];

const OVERLOADED: readonly string[] = [
  // Gemini
  "^the model is overloaded",
  // OpenAI
  "^the engine is currently overloaded",
  "^that model is currently overloaded",
  // TGI, Ollama
  "^model is overloaded",
  "^server busy, please try again",
];

const RATE: readonly string[] = [
  "^rate limit (?:reached|exceeded)",
  // Bedrock
  "^too many (?:tokens|requests), please wait",
];

/** The phrases of a meaning, and the statuses with which they count. */
interface Phrases {
  readonly meaning: Meaning;
  readonly pattern: RegExp;
  readonly statuses: ReadonlySet<number>;
}

const PHRASES: readonly Phrases[] = [
  phrases("context_length", CONTEXT, [400, 413, 422, 500]),
  phrases("insufficient_quota", QUOTA, [400, 401, 402, 403, 412, 429, 500]),
  phrases("invalid_key", KEY, [400, 401, 403, 500]),
  phrases("overloaded", OVERLOADED, [429, 500, 503, 529]),
  phrases("rate_limit", RATE, [400, 429, 500]),
];

function phrases(meaning: Meaning, sentences: readonly string[], statuses: readonly number[]): Phrases {
  return { meaning, pattern: new RegExp(sentences.join("|"), "i"), statuses: new Set(statuses) };
}

/** Most characters of a message that are looked at: the provider's own words come first. */
const MAX_MESSAGE = 1024;

/** Where a server begins to quote the request that it refuses. */
const REQUEST = /["'](?:input|content|messages|prompt|text|body|role)["']\s*:/;

/** Quoted text: the client's text, or the name of a field. An apostrophe inside a word is no quote. */
const QUOTED =
  /"[^"]*(?:"|$)|(?<![\p{L}\p{N}])'(?:[^']|'(?=[\p{L}\p{N}]))*(?:'|$)|“[^”]*(?:”|$)|«[^»]*(?:»|$)/gu;

/** Prefixes that libraries and gateways put before the provider's own message. */
const WRAPPERS =
  /^\s*(?:(?:error|input validation error|invalid request|bad request|[\w.]*(?:error|exception)|<\d{3}>|internalerror\.algo\.\w+|error code:? \d{3}|the model returned the following errors|[\w.]+exception)\s*[:-]?\s+)*/i;

/** The meaning of a message; undefined where it has none that counts with this status. */
export function meaningOfMessage(message: string, status: number): Meaning | undefined {
  const said = ownWords(message);
  return PHRASES.find(({ statuses, pattern }) => statuses.has(status) && pattern.test(said))?.meaning;
}

/** A message without what it quotes. */
function ownWords(message: string): string {
  const begin = message.slice(0, MAX_MESSAGE);
  const request = REQUEST.exec(begin)?.index;
  return begin.slice(0, request).replace(QUOTED, "…").replace(WRAPPERS, "");
}
