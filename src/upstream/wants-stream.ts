/** Whether a client waits for its answer piece by piece. */

import type { OutgoingRequest } from "./request.ts";

const decoder = new TextDecoder();

/**
 * A request for a stream: by its body (`"stream": true`), its Accept field, or Gemini's method. Ask only where it
 * matters: the body is parsed for it.
 */
export function wantsStream({
  path,
  headers,
  body,
}: Pick<OutgoingRequest, "path" | "headers" | "body">): boolean {
  if (headers.get("accept")?.toLowerCase().includes("text/event-stream")) return true;
  if (path.endsWith(":streamGenerateContent")) return true;
  return body.type === "kept" && saysStream(decoder.decode(body.bytes));
}

function saysStream(text: string): boolean {
  // Most bodies that are not for a stream don't have the word: they needn't be parsed.
  if (!text.includes('"stream"')) return false;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "stream" in value && value.stream === true;
  } catch {
    return false;
  }
}
