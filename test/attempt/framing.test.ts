import { describe, expect, it } from "vitest";
import { problemOf } from "../../src/attempt/framing.ts";

function problem(fields: Record<string, string>, status = 200): string | undefined {
  return problemOf({ status, headers: new Headers(fields) } as Response);
}

describe("an answer can be passed on", () => {
  it.each([
    [undefined],
    ["chunked"],
    ["Chunked"],
    [" chunked\t"],
    [",chunked"],
    ["identity, chunked"],
    ["identity"],
    [""],
    [", ,"],
  ])("with the transfer coding %j", (coding) => {
    expect(problem(coding === undefined ? {} : { "transfer-encoding": coding })).toBeUndefined();
  });

  it("with a length alone", () => {
    expect(problem({ "content-length": "2" })).toBeUndefined();
  });
});

describe("an answer can't be passed on", () => {
  it.each([["gzip"], ["gzip, chunked"], ["chunked, gzip"], ["chunked,"], ["chunked, chunked"], ["xchunked"]])(
    "with the transfer coding %j",
    (coding) => {
      expect(problem({ "transfer-encoding": coding })).toBe(`transfer-encoding "${coding}"`);
    },
  );

  it("with a length beside a transfer coding", () => {
    expect(problem({ "transfer-encoding": "chunked", "content-length": "2" })).toContain("both");
  });

  it.each([199, 600])("with the status %d", (status) => {
    expect(problem({}, status)).toBe(`status ${status}`);
  });
});
