import type { Runtime } from "../../src/runtime/runtime.ts";
import { mended } from "../shared/http/mended.ts";
import { isLight, sourceOf } from "../shared/light/body.ts";
import { streamOf } from "./source-stream.ts";

/**
 * An answer as Deno's server takes it most cheaply: fields that come with a response are converted and checked once
 * more than those that are added to it, and bytes with fields are made a native response of, under the eye of the
 * collector. Deno always writes the usual reason phrase of a status.
 */
export const createResponse: Runtime["createResponse"] = (body, { status, headers }) => {
  const payload = isLight(body) ? streamOf(sourceOf(body)) : body;
  const response =
    status === 200 ? new Response(payload) : new Response(payload, { status: sendable(status) });
  const fields = response.headers;
  for (const [name, value] of headers) {
    try {
      fields.append(name, value);
    } catch {
      for (const [mendedName, mendedValue] of mended([[name, value]])) fields.append(mendedName, mendedValue);
    }
  }
  return response;
};

/**
 * Replaces a 205 by a 204. Deno sends a 205 without a length and keeps its connection open, so that the client would
 * wait for a body. A 204 means the same, except that a form is to be cleared.
 */
function sendable(status: number): number {
  return status === 205 ? 204 : status;
}
