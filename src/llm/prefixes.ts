/** Path prefixes below which an endpoint's name counts: patterns of whole segments. */

export type Prefix = RegExp;

const VERSION = String.raw`v\d+(?:(?:alpha|beta)\d*)?`;

/** Collections in which a POST below a member stores something. */
const STORING = "threads|conversations|assistants|sessions|chats|rooms|channels|vector_stores|batches|files";

/**
 * The mount point of one of several servers on a host: one segment of any name, directly before a version, as in
 * `/llama-3/v1/chat/completions`. APIs that store something have their collections after the version.
 */
const MOUNT = `(?:/(?!(?:${STORING}|${VERSION})/)[^/]+(?=/${VERSION}(?:/|$)))?`;

/**
 * Segments that name a version, a gateway, a vendor or a server, and no resource: `/v1`, `/api/v1` (OpenRouter),
 * `/openai/v1` (Groq), `/api/paas/v4` (Zhipu), `/v1beta/openai` (Gemini), `/compatible-mode/v1` (DashScope) and so on.
 * They may be combined: gateways put such a segment before the provider's own path.
 */
const WORDS = [
  VERSION,
  "ai",
  "anthropic",
  "api",
  "apps",
  "azure",
  "bedrock",
  "bots",
  "cerebras",
  "client",
  "coding",
  "cohere",
  "compat",
  "compatibility",
  "compatible-mode",
  "dashscope",
  "deepseek",
  "engines",
  "fireworks",
  "gateway",
  "gemini",
  "genai",
  "google",
  "groq",
  "hf-inference",
  "huggingface",
  "inference",
  "litellm",
  "llama-cpp",
  "llamacpp",
  "llm",
  "lmstudio",
  "mistral",
  "ml",
  "moonshot",
  "nvidia",
  "ollama",
  "openai",
  "openrouter",
  "paas",
  "perplexity",
  "proxy",
  "serving-endpoints",
  "sglang",
  "studio",
  "tgi",
  "together",
  "vertex",
  "vertex-ai",
  "vertex_ai",
  "vllm",
  "xai",
  "zhipu",
].join("|");

const SEGMENTS = `(?:/(?:${WORDS}))*`;

const ID = "/[^/]+";

/** Parts with an id, below which endpoints still compute and store nothing. */
const RESOURCES = [
  // Azure OpenAI, watsonx
  `/deployments${ID}`,
  // OpenAI's former engines, Docker Model Runner
  `/engines${ID}`,
  // Azure AI Foundry
  "/models",
  `/projects${ID}/openai`,
  // Vertex' OpenAI format (`openapi`) and deployed models
  `/projects${ID}/locations${ID}/endpoints${ID}`,
  // Cloudflare Workers AI and AI Gateway
  `/accounts${ID}/ai`,
  `/[0-9a-f]{32}${ID}/(?:${WORDS})`,
  // GitHub Models
  `/orgs${ID}/inference`,
  // Hugging Face
  `/models${ID}${ID}/v1`,
].join("|");

function prefix(pattern: string): Prefix {
  return new RegExp(`^${MOUNT}${SEGMENTS}${pattern}$`);
}

/** OpenAI's format and most others. */
export const GENERAL = prefix(`(?:(?:${RESOURCES})${SEGMENTS})?`);

/** Bedrock. */
export const MODEL = prefix(`/model${ID}`);

/** Triton and KServe. */
export const TRITON = prefix(`/models${ID}(?:/versions${ID})?`);

/** SageMaker, Databricks. */
export const INVOCATIONS = prefix(`(?:/endpoints|/serving-endpoints)${ID}`);

/** Gemini and Vertex: what comes before the colon. */
export const GOOGLE = prefix(
  `(?:/projects${ID}/locations${ID})?(?:/publishers${ID})?/(?:models|tunedModels|endpoints|dynamic)${ID}`,
);

const HAS_STORING = new RegExp(`/(?:${STORING})(?:/|$)`);

/**
 * Whether `path` matches `pattern`, is a beginning of `base`, or matches below `base`. A path with a collection that
 * stores never counts by `base`, even where a configured URL ends in one.
 *
 * @param path what comes before the endpoint's name: empty, or begins with `/`
 * @param base path of the upstream's URL: the operator knows it as a prefix
 */
export function isBelow(pattern: Prefix, path: string, base: string): boolean {
  if (pattern.test(path)) return true;
  if (base === "" || path === "" || HAS_STORING.test(path)) return false;
  if (base.startsWith(path) && isBoundary(base, path.length)) return true;
  return path.startsWith(base) && isBoundary(path, base.length) && pattern.test(path.slice(base.length));
}

function isBoundary(path: string, at: number): boolean {
  return path.length === at || path[at] === "/";
}
