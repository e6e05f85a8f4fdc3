/** How long a provider asks to wait in an error's body. */

const decoder = new TextDecoder();

/** The type of a detail that says it (https://cloud.google.com/apis/design/errors#error_details). */
const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

/**
 * The `retryDelay` of an error of a Google API (Gemini, Vertex AI), which sends no Retry-After:
 * `{"error": {"details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "40s"}]}}`, or a list of
 * such an error, as a stream without `alt=sse` begins.
 *
 * @param body whole; anything else has none
 * @returns a duration of Protocol Buffers (`40s`, `1.5s`), not checked
 */
export function retryDelayIn(body: Uint8Array): string | undefined {
  const text = decoder.decode(body);
  if (!text.includes(RETRY_INFO)) return undefined;
  const answer = parsed(text);
  const error = member(Array.isArray(answer) ? answer[0] : answer, "error");
  const details = member(error, "details");
  if (!Array.isArray(details)) return undefined;
  const info: unknown = details.find((detail) => member(detail, "@type") === RETRY_INFO);
  const delay = member(info, "retryDelay");
  return typeof delay === "string" ? delay : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
