import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../../src/llm/first-content/finding.ts";
import { createScanner } from "../../../src/llm/first-content/scanner.ts";

const CONTENT: Finding = { type: "content", known: true };
const OTHER: Finding = { type: "content", known: false };
const error = (status: number): Finding => ({ type: "error", status });

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
    ["an error", '{"error":{"message":"no","type":"overloaded_error"}}', error(529)],
    ["an error by its number", ' {"id":"x","error" : {"code":429,"a":[{}]} , "b":{}}', error(429)],
    ["an error beside Anthropic's type", '{"type":"error","error":{"type":"rate_limit_error"}}', error(429)],
    ["no error", '{"error":null,"foo":1}', OTHER],
    ["a text", '{"error":"none"}', OTHER],
    ["choices beside an error", '{"error":{"code":500},"choices":[]}', CONTENT],
    ["choices", '{"id":"c","choices":[', CONTENT],
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
