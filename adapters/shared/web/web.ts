import type { ByteStream, Bytes, ResponseHead, Runtime } from "../../../src/runtime/runtime.ts";
import { mended } from "../http/mended.ts";

/** The members for which a runtime's own objects are the cheapest. */
export const web: Pick<Runtime, "createResponse" | "createAbortController"> = {
  createResponse,
  createAbortController: () => new AbortController(),
};

/** A native answer. Where its head is refused, it has no reason phrase and its fields are {@link mended}. */
export function createResponse(body: ByteStream | Bytes | null, head: ResponseHead): Response {
  const { status, statusText, headers } = head;
  try {
    return new Response(body, { status, statusText, headers: headers as [string, string][] });
  } catch {
    return new Response(body, { status, headers: mended(headers) as [string, string][] });
  }
}
