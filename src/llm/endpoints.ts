/**
 * The inference endpoints of LLM APIs: POSTs that compute an answer and change nothing, so that sending one again costs
 * money but breaks nothing. An endpoint is a whole path: its name below a known prefix.
 * `/v1/messages` computes an answer; `/v1/threads/{id}/messages` stores a message.
 *
 * @see https://platform.openai.com/docs/api-reference
 * @see https://docs.anthropic.com/en/api/messages
 * @see https://docs.mistral.ai/api
 * @see https://docs.cohere.com/reference/chat
 * @see https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
 * @see https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
 * @see https://huggingface.github.io/text-generation-inference
 * @see https://huggingface.github.io/text-embeddings-inference
 * @see https://github.com/ollama/ollama/blob/main/docs/api.md
 * @see https://ai.google.dev/api/generate-content
 * @see https://cloud.google.com/vertex-ai/docs/reference/rest
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
 * @see https://cloud.ibm.com/apidocs/watsonx-ai
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_generate.md
 */

import { GENERAL, GOOGLE, INVOCATIONS, isBelow, MODEL, type Prefix, TRITON } from "./prefixes.ts";

/** When an endpoint answers with a stream: `asked`: if the body says so; `unless_refused`: unless the body says no. */
export type Streams = "asked" | "unless_refused" | "always";

export interface Endpoint {
  /** The end of its path, as in `chat/completions`, or a method of Google's, as in `:generateContent`. */
  readonly name: string;
  readonly streams: Streams;
}

interface Family {
  readonly below: Prefix;
  readonly streams: Streams;
  readonly names: readonly string[];
}

const FAMILIES: readonly Family[] = [
  {
    below: GENERAL,
    streams: "asked",
    names: [
      // OpenAI, and all that speak its format
      "chat/completions",
      "completions",
      "responses",
      "responses/input_tokens",
      "embeddings",
      "moderations",
      "audio/speech",
      "audio/transcriptions",
      "audio/translations",
      "images/generations",
      "images/edits",
      "images/variations",
      // Anthropic
      "messages",
      "messages/count_tokens",
      "complete",
      // Mistral
      "fim/completions",
      "agents/completions",
      "chat/moderations",
      "chat/classifications",
      "classifications",
      "ocr",
      // Cohere, Jina, vLLM
      "v2/chat",
      "embed",
      "rerank",
      "tokenize",
      "detokenize",
      "classify",
      "score",
      "pooling",
      "invocations",
      // llama.cpp
      "completion",
      "infill",
      "embedding",
      "reranking",
      "apply-template",
      // Text Generation Inference, Text Embeddings Inference, SGLang
      "generate",
      "chat_tokenize",
      "embed_all",
      "embed_sparse",
      "predict",
      "similarity",
      "encode",
      // Ollama
      "api/embed",
      "api/embeddings",
      // watsonx
      "text/chat",
      "text/generation",
      "text/embeddings",
      "text/rerank",
      "text/tokenization",
      // DashScope
      "services/aigc/text-generation/generation",
      "services/aigc/multimodal-generation/generation",
      "services/embeddings/text-embedding/text-embedding",
      "services/rerank/text-rerank/text-rerank",
    ],
  },
  { below: GENERAL, streams: "unless_refused", names: ["api/chat", "api/generate"] },
  {
    below: GENERAL,
    streams: "always",
    names: ["generate_stream", "text/chat_stream", "text/generation_stream"],
  },
  // Bedrock
  { below: MODEL, streams: "asked", names: ["converse", "invoke", "count-tokens"] },
  { below: MODEL, streams: "always", names: ["converse-stream", "invoke-with-response-stream"] },
  { below: TRITON, streams: "asked", names: ["generate", "infer"] },
  { below: TRITON, streams: "always", names: ["generate_stream"] },
  // SageMaker, Databricks
  { below: INVOCATIONS, streams: "asked", names: ["invocations"] },
  { below: INVOCATIONS, streams: "always", names: ["invocations-response-stream"] },
  {
    below: GOOGLE,
    streams: "asked",
    names: [
      ":generateContent",
      ":generateAnswer",
      ":embedContent",
      ":batchEmbedContents",
      ":countTokens",
      ":computeTokens",
      ":predict",
      ":rawPredict",
      ":directPredict",
      ":directRawPredict",
    ],
  },
  {
    below: GOOGLE,
    streams: "always",
    names: [":streamGenerateContent", ":streamRawPredict", ":serverStreamingPredict"],
  },
];

interface Entry extends Endpoint {
  readonly below: Prefix;
}

const ENTRIES: ReadonlyMap<string, readonly Entry[]> = tabulate(FAMILIES);

/** Segments of the longest name. */
const MAX_SEGMENTS = 4;

function tabulate(families: readonly Family[]): ReadonlyMap<string, readonly Entry[]> {
  const entries = new Map<string, Entry[]>();
  for (const { names, streams, below } of families) {
    for (const name of names) entries.set(name, [...(entries.get(name) ?? []), { name, streams, below }]);
  }
  return entries;
}

/**
 * The inference endpoint of a whole path: an endpoint's name below a known prefix, or below `base`. One trailing slash
 * makes no difference.
 *
 * @param path as an upstream gets it, without query
 * @param base path of the upstream's URL: it and each of its beginnings are known prefixes
 */
export function endpointOf(path: string, base = ""): Endpoint | undefined {
  const whole = path.endsWith("/") ? path.slice(0, -1) : path;
  return findName(whole, (name, end) => {
    const prefix = whole.slice(0, end);
    return ENTRIES.get(name)?.find(({ below }) => isBelow(below, prefix, base));
  });
}

/** The longest name of an endpoint that a path ends in, whatever comes before it. A trailing slash is part of none. */
export function endpointNameAtEnd(path: string): string | undefined {
  return findName(path, (name) => (ENTRIES.has(name) ? name : undefined));
}

/**
 * Calls `take` for each end of a path that may be a name, the longest first, until it finds something.
 *
 * @param take gets the name, and the length of the path before the name's slash or colon
 */
function findName<T>(path: string, take: (name: string, end: number) => T | undefined): T | undefined {
  const last = path.lastIndexOf("/");
  const method = /(?::|%3a)([a-z]+)$/i.exec(path.slice(last + 1));
  if (method !== null) return take(`:${method[1]}`, last + 1 + method.index);
  const slashes: number[] = [];
  for (let at = last; at >= 0 && slashes.length < MAX_SEGMENTS; at = path.lastIndexOf("/", at - 1)) {
    slashes.push(at);
    if (at === 0) break;
  }
  for (const at of slashes.reverse()) {
    const found = take(path.slice(at + 1), at);
    if (found !== undefined) return found;
  }
  return undefined;
}
