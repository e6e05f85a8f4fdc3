import type { Runtime } from "../../src/runtime.ts";

/** The members for which a runtime's own objects are the cheapest. */
export const web: Pick<Runtime, "createResponse" | "createAbortController"> = {
  createResponse: (body, { status, statusText, headers }) =>
    new Response(body, { status, statusText, headers: headers as [string, string][] }),
  createAbortController: () => new AbortController(),
};
