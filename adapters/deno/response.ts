import type { Runtime } from "../../src/runtime.ts";
import { mended } from "../common/mended.ts";
import { isLight, sourceOf } from "../node/body.ts";
import { streamOf } from "./source-stream.ts";

/**
 * An answer as Deno's server takes it most cheaply: fields that come with a response are converted and checked once more
 * than those that are added to it, and bytes with fields are made a native response of, under the eye of the collector.
 * Deno writes a status' usual reason phrase, whatever the response has.
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
 * Deno sends a 205 without a length, so that its client would wait for a body to the end of the connection, and it
 * closes none. A 204 says all of it but that a form is to be cleared.
 */
function sendable(status: number): number {
  return status === 205 ? 204 : status;
}
