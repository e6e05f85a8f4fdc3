import type { Runtime } from "../../src/runtime.ts";
import { isLight, sourceOf } from "../node/body.ts";
import { streamOf } from "./source-stream.ts";

/**
 * An answer as Deno's server takes it most cheaply: fields that come with a response are converted and checked once more
 * than those that are added to it, and bytes with fields are made a native response of, under the eye of the collector.
 */
export const createResponse: Runtime["createResponse"] = (body, { status, statusText, headers }) => {
  const payload = isLight(body) ? streamOf(sourceOf(body)) : body;
  const isPlain = status === 200 && (statusText === "OK" || statusText === "");
  const response = isPlain ? new Response(payload) : new Response(payload, { status, statusText });
  const fields = response.headers;
  for (const [name, value] of headers) fields.append(name, value);
  return response;
};
