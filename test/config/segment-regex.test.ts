import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileRegex } from "../../src/config/segment-regex.ts";

function matches(source: string, segment: string): boolean {
  const compiled = compileRegex(source);
  if ("problem" in compiled) throw new Error(compiled.problem);
  return compiled.regex.test(segment);
}

const problem = (source: string): string | undefined => {
  const compiled = compileRegex(source);
  return "problem" in compiled ? compiled.problem : undefined;
};

describe("a segment's regular expression", () => {
  it.each([
    ["gpt-.*", ["gpt-", "gpt-4o"], ["gpt", "xgpt-4", ""]],
    ["a|b*|", ["a", "", "bb"], ["ab"]],
    ["^(?:v\\d+|latest)$", ["v1", "v22", "latest"], ["v", "latest1"]],
    ["[^/a-c\\]]{2,3}?", ["de", "def"], ["d", "defg", "dc", "d]"]],
    ["(a?){3}", ["", "a", "aaa"], ["aaaa"]],
    ["(a*)*b", ["b", "aab"], ["a", "ba"]],
    ["x{0}y{2}z{1,}", ["yyz", "yyzz"], ["xyyz", "yz", "yy"]],
    ["(?:(?:){999999999}){999999999}x", ["x"], [""]],
    ["a\\b.\\B.", ["a-+"], ["abc", "a-b"]],
    ["\\x41\\u0042\\.\\/\\cA", ["AB./\u0001"], ["AB.x\u0001"]],
    ["(?<name>[]|[^])", ["\n", "x"], [""]],
    ["a{,2}{", ["a{,2}{"], ["a"]],
    [".", ["x", "é"], ["\n", "😀"]],
  ])("%s matches %j and not %j", (source, good, bad) => {
    for (const text of good) expect(matches(source, text), text).toBe(true);
    for (const text of bad) expect(matches(source, text), text).toBe(false);
  });

  it("matches what the runtime's own matches", () => {
    const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\w", "\\b", "^", "$", "(?:)");
    const { source } = fc.letrec<{ source: string; part: string }>((tie) => ({
      part: fc.oneof(
        { depthSize: "small" },
        atom,
        fc
          .tuple(tie("source"), fc.constantFrom("", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"))
          .map(([one, q]) => `(${one})${q}`),
        fc
          .tuple(fc.constantFrom("a", "b", "."), fc.constantFrom("*", "+", "?", "{2}", "{1,3}"))
          .map(([one, q]) => one + q),
      ),
      source: fc.oneof(
        { depthSize: "small" },
        fc.array(tie("part"), { maxLength: 4 }).map((parts) => parts.join("")),
        fc.tuple(tie("source"), tie("source")).map((both) => both.join("|")),
      ),
    }));
    const text = fc.string({ unit: fc.constantFrom("a", "b", "-"), maxLength: 7 });
    fc.assert(
      fc.property(source, fc.array(text, { minLength: 1, maxLength: 8 }), (pattern, texts) => {
        fc.pre(problem(pattern) === undefined);
        const native = new RegExp(`^(?:${pattern})$`);
        for (const one of texts) expect(matches(pattern, one), `${pattern} on ${one}`).toBe(native.test(one));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    "(a+)+",
    "(a|a)*",
    "(a|aa)+$",
    "(.*)*x",
    "([a-z]+)*\\d",
    "(.*a){12}",
    "(?:a?){20}a{20}",
    ".*.*.*.*.*x",
  ])("%s takes no longer for a text made to explode", (source) => {
    const texts = ["a".repeat(10_000), `${"a".repeat(10_000)}!`];
    const before = performance.now();
    for (const text of texts) matches(source, text);
    // The runtime's own would take years, or seconds where it is not exponential.
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it("is refused in words where it can't be matched in linear time", () => {
    expect(problem("(?!gpt).*")).toBe(
      'found a group that looks around or sets flags in "(?!gpt).*", expected a regular expression without it: it could take very long to match',
    );
    expect(problem("(a)\\1")).toMatch(/^found a backreference in "\(a\)\\\\1", expected/);
    expect(problem("(a{100}){100}")).toMatch(/^found more than 1000 characters and repetitions in/);
    expect(problem("a".repeat(1001))).toMatch(/…, expected a regular expression of at most 1000 characters$/);
    expect(problem("(")).toBe('found "(", expected a regular expression');
  });
});
