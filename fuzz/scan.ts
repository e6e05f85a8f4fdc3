/** What must hold of every scanner: how the bytes are split is nothing to it, and it finds what a plain reader finds. */

import type { Finding } from "../src/llm/first-content/finding.ts";
import { createScanner } from "../src/llm/first-content/scanner.ts";
import { holds } from "./target.ts";

/** Below the scanners' own limit, so that what they find is in the text. */
export const SCAN_LIMIT = 8192;

/** Of the streams that the scanners know. */
export const STREAM_WORDS: readonly string[] = [
  "\n",
  "\r\n",
  "\n\n",
  "\r\r",
  "[DONE]",
  '{"error":{',
  '"error":"x"',
  '"error":null',
  '"type":"error"',
  '"type":"response.failed"',
  '"response":',
  '"choices":[{',
  '"delta":{',
  '"content":"x"',
  '"finish_reason":"stop"',
  '"candidates":[{',
  '"promptFeedback":{"blockReason":1}',
  '"usageMetadata":{}',
  '"done":true',
  '"done":false',
  '"message":{',
  '"status":429',
  '"code":"insufficient_quota"',
  '"type":"content_block_delta"',
  "null",
  "true",
  "[]",
  "{}",
];

/**
 * @param input the first byte says how the rest is split
 * @param reference what a reader of the whole text finds
 */
export function agrees(
  contentType: string,
  input: Uint8Array,
  reference: (text: string) => Finding | undefined,
): void {
  const body = input.subarray(1);
  const expected = JSON.stringify(reference(new TextDecoder().decode(body)));
  for (const size of [body.length, 1 + ((input[0] ?? 0) % 16), 1]) {
    const found = JSON.stringify(scan(contentType, body, size));
    holds(found === expected, `split by ${size} it found ${found}, expected ${expected}`);
  }
}

function scan(contentType: string, body: Uint8Array, size: number): Finding | undefined {
  const scanner = createScanner(contentType);
  for (let at = 0; at < body.length; at += size) {
    // A copy, overwritten afterwards: a chunk's memory is its reader's.
    const chunk = body.slice(at, at + size);
    const finding = scanner?.push(chunk);
    if (finding !== undefined) return finding;
    chunk.fill(0x22);
  }
  return scanner?.end();
}
