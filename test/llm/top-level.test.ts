import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { topLevelMembers } from "../../src/llm/top-level.ts";

const NAMES = ["a", "model"];

function found(text: string) {
  return topLevelMembers(text, NAMES);
}

describe("the members at the top level of a JSON object", () => {
  it.each<[string, unknown]>([
    ["{}", {}],
    [" \n{\t}\r ", {}],
    ['{"a":1}', { a: 1 }],
    ['{ "a" : "x" , "b" : 2 , "model":null}', { a: "x", model: null }],
    ['{"a":false,"a":true}', { a: true }],
    ['{"a":[1,{"model":2}],"b":{"a":"}"}}', { a: {} }],
    ['{"b":"\\"a\\":1","a":"\\\\"}', { a: "\\" }],
    ['{"\\u0061":"\\u0062"}', { a: "b" }],
    ['{"b":[[["]]]"]]],"model":-1.5e3}', { model: -1500 }],
    ['{"\\x":1,"a":2}', { a: 2 }],
  ])("of %s are %o", (text, members) => {
    expect(found(text)).toEqual(members);
  });

  it.each([
    "",
    " ",
    "null",
    "[]",
    '"a"',
    "{",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{"a" 1}',
    "{a:1}",
    '{"a":tru}',
    '{"a":1}x',
    '{"a":"x}',
    '{"a":[1}',
    '{"a":}',
    '{"a":,"b":1}',
    '{"a":1 2}',
  ])("of %s are none", (text) => {
    expect(found(text)).toBeUndefined();
  });

  it("are what JSON.parse finds", () => {
    const key = fc.oneof(fc.constantFrom("a", "model", "b", "__proto__"), fc.string());
    const objects = fc.dictionary(key, fc.jsonValue());
    fc.assert(
      fc.property(objects, fc.constantFrom(undefined, 2, "\t"), (object, space) => {
        const text = JSON.stringify(object, null, space);
        const parsed = Object.entries(JSON.parse(text) as object)
          .filter(([name]) => NAMES.includes(name))
          .map(([name, value]) => [name, typeof value === "object" && value !== null ? {} : value]);
        expect(found(text)).toEqual(Object.fromEntries(parsed));
      }),
    );
  });

  it.each([
    ["brackets", `{"b":${"[".repeat(4_000_000)}${"]".repeat(4_000_000)},"a":1}`],
    ["objects", `{"b":${'{"c":'.repeat(1_000_000)}1${"}".repeat(1_000_000)},"a":1}`],
    ["keys", `{${'"b":0,'.repeat(1_000_000)}"a":1}`],
    ["escapes", `{"b":"${'\\\\\\"'.repeat(1_000_000)}","a":1}`],
    ["backslashes", `{"b":"${"\\\\".repeat(2_000_000)}","a":1}`],
  ])("are found behind millions of %s", (_, text) => {
    expect(found(text)).toEqual({ a: 1 });
  });
});
