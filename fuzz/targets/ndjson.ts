/** The scanner of lines of JSON. */

import { judgeEvent } from "../../src/llm/first-content/event.ts";
import { agrees, SCAN_LIMIT, STREAM_WORDS } from "../scan.ts";
import type { Target } from "../target.ts";

export const target: Target = {
  seeds: [
    '\u0003{"model":"m","message":{"role":"assistant","content":""},"done":false}\n{"done":true}\n',
    '\u0001{"response":"","done":false}\r\n\r\n{"response":"x","done":false}\r\n',
    '\u0004{"error":"model not found"}\n',
    '\u0009{"error":{"type":"rate_limit_error","code":429}}',
  ],
  words: STREAM_WORDS,
  limit: SCAN_LIMIT,
  check: (input) => agrees("application/x-ndjson", input, findInLines),
};

function findInLines(text: string) {
  for (const line of text.split(/\r\n|\r|\n/)) {
    const finding = line.trim() === "" ? undefined : judgeEvent("", line);
    if (finding !== undefined) return finding;
  }
  return undefined;
}
