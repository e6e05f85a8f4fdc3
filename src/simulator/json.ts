import { ApiError } from "./api-error.ts";

/** A parsed JSON object, of which nothing is known. */
export type Json = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as an object; anything else is an empty one. */
export function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** The objects in a list; anything else is an empty list. */
export function objectsOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A string or a list of them, as a list. */
export function stringsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** The body as a JSON object of at most `limit` bytes; else 400 or 413. */
export async function readJson(request: Request, limit: number): Promise<Json> {
  const decoder = new TextDecoder();
  let size = 0;
  let text = "";
  if (request.body) {
    for await (const chunk of chunks(request.body)) {
      size += chunk.byteLength;
      if (size > limit) throw new ApiError(413, `The body is larger than ${limit} bytes.`);
      text += decoder.decode(chunk, { stream: true });
    }
  }
  const value = parse(text + decoder.decode());
  if (!isObject(value)) throw new ApiError(400, "The body must be a JSON object.");
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, "We could not parse the JSON body of your request.");
  }
}

/** A stream's chunks; leaving the loop early cancels it. */
export async function* chunks<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        ended = true;
        return;
      }
      yield value;
    }
  } finally {
    // A stream that failed can't be cancelled, and its error is on its way to the caller already.
    if (!ended) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

/** A non-empty string field; else 400 in OpenAI's words. */
export function requiredString(body: Json, key: string): string {
  const value = body[key];
  if (typeof value === "string" && value !== "") return value;
  throw missing(key, value);
}

/** A non-empty list field; else 400. */
export function requiredList(body: Json, key: string): readonly unknown[] {
  const value = body[key];
  if (Array.isArray(value) && value.length > 0) return value;
  throw missing(key, value);
}

function missing(key: string, value: unknown): ApiError {
  if (value === undefined || value === null) {
    return new ApiError(400, `Missing required parameter: '${key}'.`, {
      code: "missing_required_parameter",
      param: key,
    });
  }
  return new ApiError(400, `Invalid value for '${key}'.`, { code: "invalid_value", param: key });
}

/** A whole number of at least 1, or undefined when absent or null; else 400. */
export function optionalCount(body: Json, key: string): number | undefined {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
  throw new ApiError(400, `Invalid '${key}': must be a whole number of at least 1.`, {
    code: "invalid_value",
    param: key,
  });
}
