/** What one event of a stream is: content, an error, or nothing yet. */

import { parseJson, toObject } from "../json.ts";
import { recogniseError } from "../recognise.ts";
import { anthropic } from "./anthropic.ts";
import type { Dialect } from "./dialect.ts";
import type { Finding } from "./finding.ts";
import { gemini } from "./gemini.ts";
import { ollama } from "./ollama.ts";
import { openaiChat, openaiResponses } from "./openai.ts";

const DIALECTS: readonly Dialect[] = [openaiChat, openaiResponses, anthropic, gemini, ollama];

const NOTHING_KNOWN: Finding = { type: "content", known: false };

/**
 * Judges one event; undefined where it is neither content nor an error.
 *
 * @param name the event's `event` field, or empty
 */
export function judgeEvent(name: string, data: string): Finding | undefined {
  // OpenAI's end of a stream: whatever came before it is all there is.
  if (data === "[DONE]") return undefined;
  const event = toObject(parseJson(data));
  const sense = recogniseError(name, event);
  if (sense !== undefined) return { type: "error", ...sense };
  if (event === undefined) return NOTHING_KNOWN;
  for (const dialect of DIALECTS) {
    const isContent = dialect(event);
    if (isContent !== undefined) return isContent ? { type: "content", known: true } : undefined;
  }
  return NOTHING_KNOWN;
}
