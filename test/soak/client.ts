/** One request of the soak, and what became of it. */

import { tokensOf } from "./tokens.ts";

export interface Outcome {
  /** `200 whole`, `200 cut`, `503 no_upstream_available`, `left`, `no answer`, … */
  readonly what: string;
  /** Milliseconds to the end of a good unary answer, or to a good stream's first byte. */
  readonly ms?: number;
  /** What must never happen, if it did. */
  readonly wrong?: string;
}

const COUNT = 8;

/** Between a stream's events (ms): a stream takes about a second. */
const GAP = 120;

/** Statuses and codes that the proxy's table of errors has for faults of upstreams. */
const OWN: ReadonlySet<string> = new Set([
  "502 upstream_unreachable",
  "502 upstream_reset",
  "502 upstream_bad_response",
  "503 no_upstream_available",
  "504 upstream_timeout",
]);

/** Those that the upstreams give. */
const THEIRS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504, 529]);

export interface Asking {
  readonly port: number;
  readonly id: string;
  readonly stream: boolean;
  /** Milliseconds after which the client leaves. */
  readonly leaves: number | undefined;
}

/** What an answer is whose connection ended before its head was there. */
export const NO_ANSWER = "no answer";

/** Sends one request. Never rejects. */
export async function ask({ port, id, stream, leaves }: Asking): Promise<Outcome> {
  const controller = new AbortController();
  const timer = leaves === undefined ? undefined : setTimeout(() => controller.abort(), leaves);
  const began = performance.now();
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "m", id, stream, count: COUNT, gap: GAP }),
      signal: controller.signal,
      headers: { "x-request-id": id },
      // A pooled connection may be closed under a request, which would be no one's fault.
      keepalive: false,
    });
    const ms = stream ? performance.now() - began : undefined;
    const text = await response.text().catch(() => undefined);
    if (controller.signal.aborted) return { what: "left" };
    return judge(response, text, id, ms ?? performance.now() - began);
  } catch (error) {
    if (error instanceof SyntaxError)
      return { what: "200 wrong", wrong: `an answer that can't be read: ${error.message}` };
    return { what: controller.signal.aborted ? "left" : NO_ANSWER };
  } finally {
    clearTimeout(timer);
  }
}

function judge(response: Response, text: string | undefined, id: string, ms: number): Outcome {
  const { status, headers } = response;
  const code = headers.get("x-llmproxy-error");
  if (text === undefined) return { what: `${status} cut` };
  if (code !== null) {
    const what = `${status} ${code}`;
    return OWN.has(what) ? { what } : { what, wrong: `an answer that is not in the table: ${what}` };
  }
  if (status !== 200) {
    const what = `${status} of the upstream`;
    return THEIRS.has(status) ? { what } : { what, wrong: `a status that nobody gives: ${status}` };
  }
  if (text.includes('"error"')) return { what: "200 with the upstream's error" };
  // An upstream may answer with a stream what was asked for whole: what it is made of is its own affair.
  const isStream = headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const content = isStream ? contentOf(text) : (JSON.parse(text).choices[0].message.content as string);
  const isEnded = !isStream || text.includes("[DONE]");
  if (content === tokensOf(id, COUNT).join("") && isEnded) return { what: "200 whole", ms };
  if (isStream && content === "" && !isEnded) return { what: "200 empty stream of the upstream" };
  return { what: "200 wrong", wrong: `an answer that looks whole and is not: ${text.slice(0, 300)}` };
}

function contentOf(text: string): string {
  const events = text.split("\n\n").filter((event) => event.startsWith("data: {"));
  return events.map((event) => JSON.parse(event.slice(6)).choices[0].delta.content ?? "").join("");
}
