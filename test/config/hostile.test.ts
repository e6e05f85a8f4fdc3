import { describe, expect, it } from "vitest";
import { formatDiagnostic } from "../../src/config/load.ts";
import { MAX_ALIASED_VALUES, MAX_LENGTH } from "../../src/config/yaml.ts";
import { configWith, errorsOf, load } from "./support.ts";

/** Loads a file that is fine but for this. */
async function errors(top: string): Promise<readonly string[]> {
  return errorsOf(await load(configWith({ top })));
}

const times = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join("");

describe("a hostile file", () => {
  it("with aliases of aliases of aliases is refused", async () => {
    const nine = (name: string): string => Array(9).fill(name).join(", ");
    const bomb = `x-0: &a0 [${nine("lol")}]\n${times(9, (i) => `x-${i + 1}: &a${i + 1} [${nine(`*a${i}`)}]\n`)}`;
    const [first] = await errors(bomb);
    expect(first).toMatch(
      new RegExp(`: the file's aliases stand for more than ${MAX_ALIASED_VALUES} values$`),
    );
  });

  it("with an alias of what it is in is refused", async () => {
    expect(await errors("x-a: &a [*a]")).toEqual([
      "x-a[0]: found an alias whose anchor is not set before it",
    ]);
  });

  it.each([
    ["lists in one line", `x-a: ${"[".repeat(50_000)}${"]".repeat(50_000)}`],
    ["lists that do not end", `x-a: ${"[".repeat(50_000)}`],
    ["lists by dashes", `x-a:\n  ${"- ".repeat(20_000)}`],
    ["maps by questions", "? ".repeat(20_000)],
  ])("of deep nesting, %s, is refused in words", async (_, text) => {
    expect((await errors(text))[0]).toBe(": nested too deep to be read, expected at most 64 levels");
  });

  it("that is too long is refused before it is parsed", async () => {
    const text = `x-a: ${"a".repeat(MAX_LENGTH)}`;
    expect(await errors(text)).toEqual([
      expect.stringMatching(/^: found \d+ characters, expected at most 4194304$/),
    ]);
  });

  it("with the names of what every object has is told of unknown keys, and changes no object", async () => {
    const top = "__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\ntoString: 1";
    const found = await errors(top);
    expect(found.map((text) => text.split(",")[0])).toEqual([
      "__proto__: unknown key",
      "constructor: unknown key",
      "toString: unknown key",
    ]);
    const { errors: inner } = await load(
      configWith({ upstream: "__proto__: {weight: 7}, auth: {type: __proto__}" }),
    );
    expect(inner.map(({ path }) => path)).toEqual(["upstreams[0].__proto__", "upstreams[0].auth.type"]);
    expect({}).not.toHaveProperty("polluted");
  });

  it("with the names of what every object has for its own names is as good as any", async () => {
    const yaml = configWith({}).replaceAll("one", "__proto__").replaceAll("pool", "constructor");
    const { config, errors: found } = await load(yaml);
    expect(found).toEqual([]);
    expect(config?.groups[0]).toMatchObject({
      name: "constructor",
      members: [{ upstream: "__proto__", weight: 1 }],
    });
  });

  it("with a NUL or an escape in a name is refused without printing it", async () => {
    const found = errorsOf(await load(configWith({}).replaceAll("front", '"\\0\\e[2J"')));
    expect(found).toEqual([expect.stringContaining('found "\\u0000\\u001b[2J"')]);
  });

  // Found by fuzzing: JSON leaves DEL and C1, among them CSI, as they are.
  it("with what a terminal obeys in a key is told so in visible characters", async () => {
    const { errors: found } = await load(configWith({ top: '"a\u007f\u009b2J": 1' }));
    expect(found.map(formatDiagnostic)).toEqual([
      expect.stringContaining('["a\\u007f\\u009b2J"]: unknown key'),
    ]);
  });

  it("may begin with a byte order mark and end its lines with CRLF", async () => {
    const { config } = await load(`\ufeff${configWith({}).replaceAll("\n", "\r\n")}`);
    expect(config?.upstreams[0]?.name).toBe("one");
  });

  it("of very many forwards that are the same is told so in time", async () => {
    const many = configWith({}).replace(
      "[{ name: front, upstream_group: pool }]",
      `[${times(5_000, () => "*f, ")}]`,
    );
    const { errors: found } = await load(`x-f: &f { name: front, upstream_group: pool }\n${many}`);
    expect(found.length).toBeGreaterThan(0);
  });
});
