/**
 * The paths of the well-known LLM APIs, as labels: ids are `:id`, names of models and deployments `:model`.
 *
 * @see https://platform.openai.com/docs/api-reference
 * @see https://docs.anthropic.com/en/api
 * @see https://github.com/ollama/ollama/blob/main/docs/api.md
 * @see https://learn.microsoft.com/azure/ai-services/openai/reference
 */

/** Where these APIs are mounted. OpenAI's SDK leaves the version to its base URL, so that the bare path occurs too. */
const PREFIXES = ["", "/v1", "/openai/v1", "/openai/deployments/:model"];

const RESOURCES = [
  "/chat/completions",
  "/completions",
  "/responses",
  "/responses/:id",
  "/embeddings",
  "/moderations",
  "/rerank",
  "/messages",
  "/messages/count_tokens",
  "/messages/batches",
  "/messages/batches/:id",
  "/messages/batches/:id/results",
  "/models",
  "/models/:model",
  "/files",
  "/files/:id",
  "/files/:id/content",
  "/batches",
  "/batches/:id",
  "/audio/speech",
  "/audio/transcriptions",
  "/audio/translations",
  "/images/generations",
  "/realtime",
];

const OLLAMA = ["/api/chat", "/api/generate", "/api/embed", "/api/embeddings", "/api/tags", "/api/show"];

/** Google's custom methods (google.aip.dev/136): the part of a last segment after its colon. */
const GOOGLE_METHODS = [
  "generateContent",
  "streamGenerateContent",
  "embedContent",
  "batchEmbedContents",
  "countTokens",
  "predict",
  "rawPredict",
  "streamRawPredict",
];

const known: ReadonlySet<string> = new Set([
  ...PREFIXES.flatMap((prefix) => RESOURCES.map((resource) => prefix + resource)),
  ...OLLAMA,
  ...["/v1", "/v1beta"].flatMap((prefix) => [
    `${prefix}/models`,
    `${prefix}/models/:model`,
    ...GOOGLE_METHODS.map((method) => `${prefix}/models/:model:${method}`),
  ]),
]);

const googleMethods: ReadonlySet<string> = new Set(GOOGLE_METHODS);

/** Whether a label is the path of a well-known API. */
export function isApiPath(label: string): boolean {
  return known.has(label);
}

/** The label of a segment that names a model: `:model`, with Google's method (`:model:generateContent`) where known. */
export function modelLabel(segment: string): string {
  const method = segment.slice(segment.lastIndexOf(":") + 1);
  return googleMethods.has(method) ? `:model:${method}` : ":model";
}
