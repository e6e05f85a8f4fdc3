import { describe, expect, it } from "vitest";
import { retryDelayIn } from "../../src/llm/retry-info.ts";

const INFO = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "40s" };
const QUOTA = { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [{ quotaValue: "15" }] };
const error = (details: unknown) => ({ error: { code: 429, status: "RESOURCE_EXHAUSTED", details } });

describe("the delay in an error's body", () => {
  it.each([
    ["Gemini's", error([QUOTA, INFO]), "40s"],
    ["Gemini's in a list", [error([INFO])], "40s"],
    ["one without RetryInfo", error([QUOTA]), undefined],
    ["one without details", error(undefined), undefined],
    ["details that are none", error("type.googleapis.com/google.rpc.RetryInfo"), undefined],
    ["a delay that is no text", error([{ ...INFO, retryDelay: { seconds: 40 } }]), undefined],
    ["one that only talks about it", { error: { message: JSON.stringify(error([INFO])) } }, undefined],
    ["an empty list", [], undefined],
    ["null", null, undefined],
    ["a list of null with the name", [null, INFO["@type"]], undefined],
  ])("is found: %s", (_, body, delay) => {
    expect(retryDelayIn(new TextEncoder().encode(JSON.stringify(body)))).toBe(delay);
  });

  it("is none in a body that is cut, or is no text", () => {
    const bytes = new TextEncoder().encode(JSON.stringify(error([INFO])));
    expect(retryDelayIn(bytes.subarray(0, -1))).toBeUndefined();
    expect(retryDelayIn(new Uint8Array([0xff, 0xfe, 0]))).toBeUndefined();
  });
});
