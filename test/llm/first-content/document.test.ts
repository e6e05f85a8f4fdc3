import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../../src/llm/first-content/finding.ts";
import { createScanner } from "../../../src/llm/first-content/scanner.ts";
import type { Meaning } from "../../../src/llm/meaning.ts";

const CONTENT: Finding = { type: "content", known: true };
const OTHER: Finding = { type: "content", known: false };
const error = (status: number, meaning?: Meaning): Finding => ({ type: "error", status, meaning });

function scan(text: string, sizes: readonly number[] = []): Finding | undefined {
  const scanner = createScanner("application/json");
  let rest = new TextEncoder().encode(text);
  for (const size of [...sizes, rest.length]) {
    const finding = scanner?.push(rest.subarray(0, size));
    if (finding !== undefined) return finding;
    rest = rest.subarray(size);
  }
  return scanner?.end();
}

describe("one JSON document", () => {
  it.each<[string, string, Finding | undefined]>([
    ["an error", '{"error":{"message":"no","type":"overloaded_error"}}', error(529, "overloaded")],
    ["an error by its number", ' {"id":"x","error" : {"code":429,"a":[{}]} , "b":{}}', error(429)],
    [
      "an error beside Anthropic's type",
      '{"type":"error","error":{"type":"rate_limit_error"}}',
      error(429, "rate_limit"),
    ],
    ["no error", '{"error":null,"foo":1}', OTHER],
    ["a text", '{"error":"none"}', error(500)],
    ["a text and a number", '{"error":"busy","code":503,"a":1}', error(503)],
    [
      "a text by its words",
      '{"error":"the input length exceeds the context length"}',
      error(400, "context_length"),
    ],
    ["an empty text", '{"error":"","a":1}', OTHER],
    ["a flag", '{"error":true}', OTHER],
    ["an object that says so", '{"object":"error","message":"no","code":400}', error(400)],
    [
      "a choice that failed",
      '{"choices":[{"error":{"code":502},"message":{"role":"assistant","content":""}}]}',
      error(502),
    ],
    [
      "a choice that ends in an error",
      '{"choices":[{"finish_reason":"error","message":{"content":null}}]}',
      error(500),
    ],
    [
      "a choice with content before its error",
      '{"choices":[{"message":{"content":"h"},"error":{"code":502}}]}',
      CONTENT,
    ],
    ["a choice with a call", '{"choices":[{"message":{"content":null,"tool_calls":[{"id":"1"', CONTENT],
    ["a choice with reasoning", '{"choices":[{"message":{"role":"assistant","reasoning_content":"h', CONTENT],
    ["a completion's text", '{"choices":[{"index":0,"text":"h', CONTENT],
    ["an empty choice", '{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}', CONTENT],
    [
      "a choice with an empty list",
      '{"choices":[{"message":{"content":"","tool_calls":[],"a":{}}}]}',
      CONTENT,
    ],
    ["no choice", '{"choices":[]}', CONTENT],
    ["choices of another form", '{"choices":{"error":{}}}', CONTENT],
    ["choices beside an error", '{"error":{"code":500},"choices":[]}', CONTENT],
    ["choices that break off", '{"id":"c","choices":[{"error":{', OTHER],
    ["output", '{"error":null,"output":[]}', CONTENT],
    ["content", '{"content":[]}', CONTENT],
    ["an error further down", '{"result":{"error":{"code":500}}}', OTHER],
    ["the word in a text", '{"a":"\\"error\\":{","b":"error"}', OTHER],
    ["a key that only looks like it", '{"\\u0065rror":{}}', OTHER],
    ["an array", '[{"error":{}}]', OTHER],
    ["a number", "1", OTHER],
    ["nothing", "", undefined],
    ["what breaks off", '{"error":{"mess', OTHER],
    ["no JSON", '{"error":{nonsense}}', error(500)],
  ])("%s", (_name, text, finding) => {
    expect(scan(text)).toEqual(finding);
    const bytes = new TextEncoder().encode(text).length;
    expect(scan(text, new Array<number>(bytes).fill(1))).toEqual(finding);
    fc.assert(
      fc.property(fc.array(fc.nat(9)), (sizes) => {
        expect(scan(text, sizes)).toEqual(finding);
      }),
      { numRuns: 50 },
    );
  });

  it("is an error when the error alone is longer than is looked at", () => {
    expect(scan(`{"error":{"message":"${"x".repeat(9000)}","code":503}}`)).toEqual(error(500));
  });

  it("is looked at no further than 4 KiB", () => {
    expect(scan(`{"a":"${"x".repeat(4090)}","error":{}}`)).toEqual(OTHER);
  });
});
