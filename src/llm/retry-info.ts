/** Reads how long a provider asks to wait in an error's body. */

import { memberOf, parseJson, toArray } from "./json.ts";

const decoder = new TextDecoder();

/** The type of the detail with the wait (https://cloud.google.com/apis/design/errors#error_details). */
const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

/**
 * The `retryDelay` of an error of a Google API (Gemini, Vertex AI), which sends no Retry-After:
 * `{"error": {"details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "40s"}]}}`, or a list of
 * such an error, as a stream without `alt=sse` begins.
 *
 * @param body the whole body; undefined for anything but such JSON
 * @returns a duration of Protocol Buffers (`40s`, `1.5s`), not checked
 */
export function retryDelayIn(body: Uint8Array): string | undefined {
  const text = decoder.decode(body);
  if (!text.includes(RETRY_INFO)) return undefined;
  const answer = parseJson(text);
  const error = memberOf(Array.isArray(answer) ? answer[0] : answer, "error");
  const info = toArray(memberOf(error, "details")).find((detail) => memberOf(detail, "@type") === RETRY_INFO);
  const delay = memberOf(info, "retryDelay");
  return typeof delay === "string" ? delay : undefined;
}
