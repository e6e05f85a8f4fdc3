/**
 * The inference endpoints of the LLM APIs, as suffixes of a path: the one table that says which POSTs compute an
 * answer and change nothing, so that sending one again costs money but breaks nothing.
 *
 * @see https://platform.openai.com/docs/api-reference
 * @see https://docs.anthropic.com/en/api/messages
 * @see https://ai.google.dev/api/generate-content
 * @see https://github.com/ollama/ollama/blob/main/docs/api.md
 */
const ENDPOINTS = [
  "chat/completions",
  "completions",
  "responses",
  "embeddings",
  "messages",
  "messages/count_tokens",
  "rerank",
  "moderations",
  "audio/speech",
  "audio/transcriptions",
  "audio/translations",
  "images/generations",
  "api/chat",
  "api/generate",
  "api/embed",
  "api/embeddings",
] as const;

/** Methods of Google's APIs: the last segment's part after the colon. */
const METHODS = [
  "generateContent",
  "streamGenerateContent",
  "embedContent",
  "batchEmbedContents",
  "countTokens",
  "predict",
  "rawPredict",
  "streamRawPredict",
] as const;

const endpoints: ReadonlySet<string> = new Set(ENDPOINTS);
const methods: ReadonlySet<string> = new Set(METHODS);

/**
 * The endpoint that a path ends in: its longest suffix in the table (`chat/completions`), or `:method`.
 *
 * @param path without query; a trailing slash is not part of any endpoint
 * @returns undefined when it ends in none
 */
export function endpointOf(path: string): string | undefined {
  const last = path.lastIndexOf("/");
  const colon = path.indexOf(":", last + 1);
  if (colon >= 0) {
    const method = path.slice(colon + 1);
    return methods.has(method) ? `:${method}` : undefined;
  }
  const secondLast = last > 0 ? path.lastIndexOf("/", last - 1) : -1;
  const two = path.slice(secondLast + 1);
  if (endpoints.has(two)) return two;
  const one = path.slice(last + 1);
  return endpoints.has(one) ? one : undefined;
}

/** Whether a path ends in an endpoint of the table. */
export function isInferenceEndpoint(path: string): boolean {
  return endpointOf(path) !== undefined;
}
