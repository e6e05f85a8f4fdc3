/** `POST /v1/embeddings`. @see https://platform.openai.com/docs/api-reference/embeddings */

import { ApiError } from "./api-error.ts";
import { checkModel, type SimulatorContext } from "./call.ts";
import { whole } from "./generate.ts";
import { type Json, optionalCount, readJson, requiredString } from "./json.ts";
import { hash, seeded } from "./random.ts";
import { countTokens } from "./text.ts";

const DEFAULT_DIMENSIONS = 1536;
const MAX_DIMENSIONS = 3072;
const MAX_INPUTS = 2048;
/** Numbers in one answer, all vectors together. */
const MAX_NUMBERS = 2_000_000;

export async function embeddings(context: SimulatorContext): Promise<Response> {
  const call = context.var.call;
  const body = await readJson(context.req.raw, call.settings.maxBodyBytes);
  const model = checkModel(requiredString(body, "model"), call.settings);
  const inputs = inputsOf(body);
  const dimensions = dimensionsOf(body, inputs.length);
  const encode = body["encoding_format"] === "base64" ? toBase64 : (vector: Float32Array) => [...vector];
  const tokens = inputs.reduce((sum, input) => sum + countTokens(input), 0);
  return whole(call, 1, () => ({
    object: "list",
    data: inputs.map((input, index) => ({
      object: "embedding",
      index,
      embedding: encode(embed(`${model}/${input}`, dimensions)),
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }));
}

/** A text, a list of texts, a list of token numbers, or a list of such lists. */
function inputsOf(body: Json): readonly string[] {
  const { input } = body;
  if (typeof input === "string" && input !== "") return [input];
  if (!Array.isArray(input) || input.length === 0) {
    throw new ApiError(400, "'input' must be a text or a list that is not empty.", { param: "input" });
  }
  if (typeof input[0] === "number") return [JSON.stringify(input)];
  if (input.length > MAX_INPUTS) {
    throw new ApiError(400, `'input' must have at most ${MAX_INPUTS} entries.`, { param: "input" });
  }
  return input.map((entry) => (typeof entry === "string" ? entry : JSON.stringify(entry)));
}

function dimensionsOf(body: Json, inputs: number): number {
  const dimensions = optionalCount(body, "dimensions") ?? DEFAULT_DIMENSIONS;
  if (dimensions <= MAX_DIMENSIONS && dimensions * inputs <= MAX_NUMBERS) return dimensions;
  throw new ApiError(400, "'dimensions' or 'input' is too large.", { param: "dimensions" });
}

/** A unit vector that depends on the text alone: equal texts are equal, on every simulator. */
function embed(text: string, dimensions: number): Float32Array {
  const random = seeded(hash(text));
  const raw = Array.from({ length: dimensions }, () => random() - 0.5);
  const norm = Math.hypot(...raw) || 1;
  return Float32Array.from(raw, (value) => value / norm);
}

/** Little-endian 32-bit floats, which is what the SDKs ask for. */
function toBase64(vector: Float32Array): string {
  const bytes = new Uint8Array(vector.length * 4);
  const view = new DataView(bytes.buffer);
  vector.forEach((value, index) => {
    view.setFloat32(index * 4, value, true);
  });
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
