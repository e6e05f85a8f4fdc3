import { describe, expect, it } from "vitest";
import { createCanary, shownIn } from "./canaries.ts";

const canary = createCanary("here");
const { value } = canary;

describe("the search for canaries", () => {
  it.each([
    ["plain", `x${value}x`],
    ["plain", `host-${value.toLowerCase()}.example`],
    ["plain", `"${value.slice(0, 20)}…`],
    ["plain", encodeURIComponent(value)],
    ["JSON-escaped", JSON.stringify({ a: value }).replaceAll(value.slice(0, 1), "C")],
    ["hex", Buffer.from(value).toString("hex")],
    ["base64", Buffer.from(value).toString("base64")],
    ["base64", Buffer.from(`u:${value}`).toString("base64")],
    ["base64", Buffer.from(`us:${value}:x`).toString("base64")],
    ["base64", Buffer.from(`user:${value}`).toString("base64url")],
  ])("finds one that is %s: %s", (_form, text) => {
    expect(shownIn(text, [canary])).toEqual([expect.stringMatching(/^here \(/)]);
  });

  it("finds one of nothing but awkward characters where it is escaped", () => {
    const awkward = { place: "there", value: '+/="&\\ é+/="&\\' };
    expect(shownIn(JSON.stringify(JSON.stringify(awkward.value)), [awkward])).toEqual([
      "there (JSON-escaped)",
    ]);
    expect(shownIn(encodeURIComponent(awkward.value), [awkward])).toEqual(["there (URL-encoded)"]);
  });

  it("finds no other one", () => {
    expect(shownIn(value, [createCanary("there")])).toEqual([]);
  });
});
