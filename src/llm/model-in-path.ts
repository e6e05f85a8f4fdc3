/** Finds the model in the path of a request, for APIs that name it there and not in the body. */

const ID = "([^/]+)";

const PLACES = [
  // Gemini, Vertex
  `/(?:models|tunedModels|endpoints)/([^/:]+)(?::|%3a)[^/]+$`,
  // Azure OpenAI, watsonx
  `/deployments/${ID}/`,
  // Bedrock
  `/model/${ID}/`,
  // SageMaker, Databricks
  `/(?:serving-)?endpoints/${ID}/invocations`,
  // Triton
  `/models/${ID}/(?:versions/[^/]+/)?(?:generate|infer)`,
  // OpenAI's former engines
  `/v1/engines/${ID}/`,
].join("|");

const MODEL = new RegExp(PLACES, "i");

/** The model that a path names, decoded; undefined where it names none. */
export function modelInPath(path: string): string | undefined {
  const name = MODEL.exec(path)
    ?.slice(1)
    .find((group) => group !== undefined);
  if (name === undefined) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
