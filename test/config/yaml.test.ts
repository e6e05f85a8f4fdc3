import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDiagnostic } from "../../src/config/load.ts";
import { MAX_ALIASED_VALUES } from "../../src/config/yaml.ts";
import { configWith, errorsOf, load } from "./support.ts";

async function lines(text: string): Promise<readonly string[]> {
  const { errors } = await load(text);
  return errors.map(formatDiagnostic).map((line) => line.replace("/etc/llmproxy/config.yaml:", ""));
}

describe("YAML", () => {
  it.each([
    ["", "1:1: the file is empty; expected at least http_server, upstreams and upstream_groups"],
    [
      "# only a comment\n",
      "1:1: the file is empty; expected at least http_server, upstreams and upstream_groups",
    ],
    ["a: 1\n\tb: 2", "2:1: found a tab, expected spaces as indentation"],
    ["a: b: c", '1:4: found a second ": " in one value, expected it in quotes or indented on its own line'],
    ["a: 1\n---\nb: 2", "2:1: found a second YAML document, expected one"],
    ['a: "b', '1:6: Missing closing "quote'],
    ["- 1", "1:1: found a list, expected a map"],
    ["text", "1:1: found a single value, expected a map"],
  ])("%j is wrong: %s", async (text, expected) => {
    expect(await lines(text)).toContain(expected);
  });

  it("has each key once, and says where the second one is", async () => {
    expect(await lines(configWith({ top: "buffer_limit: 1\nbuffer_limit: 2" }))).toEqual([
      "9:1: buffer_limit: found the key a second time, expected it once",
    ]);
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "has no key %s, anywhere",
    async (key) => {
      const result = await load(
        configWith({
          forward: `${key}: {a: 1}`,
          upstream: `${key}: 1`,
          client: `timeout: {${key}: 5}`,
          top: `${key}: 1`,
        }),
      );
      expect(errorsOf(result).map((line) => line.split(",")[0])).toEqual(
        [
          `http_server.forwards[0].${key}: unknown key`,
          `upstreams[0].${key}: unknown key`,
          `upstream_groups[0].http_client.timeout.${key}: unknown key`,
          `${key}: unknown key`,
        ].map((line) => expect.stringContaining(line)),
      );
      expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
    },
  );

  it("has keys that are texts", async () => {
    expect(await lines(configWith({ top: "? [a, b]\n: 1" }))).toEqual([
      "8:3: found a key that is not a text, expected a text",
    ]);
  });

  it("has anchors and merge keys; what a map says itself wins, then what is merged first", async () => {
    const text = `x-a: &a {connect: 3, stall: 30}
x-b: &b {connect: 4, total: 40}
${configWith({ client: "timeout: {<<: [*a, *b], stall: 31}" })}`;
    const { config, errors } = await load(text);
    expect(errors).toEqual([]);
    expect(config?.groups[0]?.client.timeouts).toMatchObject({ connect: 3000, stall: 31_000, total: 40_000 });
  });

  it("says once what is wrong about a value with several aliases", async () => {
    const text = `x-c: &c {keepalive: 601}
${configWith({})}
  - { name: second, upstreams: [{ name: one }], http_client: *c }
  - { name: third, upstreams: [{ name: one }], http_client: *c }`;
    expect(await lines(text)).toEqual([
      "1:21: upstream_groups[1].http_client.keepalive: found 601, expected a number of seconds from 0 to 600",
    ]);
  });

  it.each([
    ["x-a: *b", "1:6: x-a: found an alias whose anchor is not set before it"],
    ["x-a: &a [*a]", "1:10: x-a[0]: found an alias whose anchor is not set before it"],
    ["x-a: {<<: 1}", "1:7: x-a.<<: expected an alias of a map, or a list of those".replace(".<<", '["<<"]')],
  ])("has no alias like %s", async (first, expected) => {
    expect(await lines(`${first}\n${configWith({})}`)).toEqual([expected]);
  });

  it("stops where aliases of aliases stand for too much", async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `x-${i + 1}: &l${i + 1} [${new Array(9).fill(`*l${i}`).join(", ")}]`,
    );
    const result = await lines(`x-0: &l0 [1, 1, 1]\n${levels.join("\n")}\n${configWith({})}`);
    expect(result[0]).toContain(`the file's aliases stand for more than ${MAX_ALIASED_VALUES} values`);
  });

  it("is not nested without end", async () => {
    const deep = (levels: number): string =>
      `x-a: ${"[".repeat(levels)}${"]".repeat(levels)}\n${configWith({})}`;
    expect(await lines(deep(20))).toEqual([]);
    expect(await lines(deep(100))).toEqual([expect.stringContaining("nested deeper than 64 levels")]);
    expect((await lines(deep(20_000))).length).toBeGreaterThan(0);
  });

  it("takes a byte order mark and Windows line ends", async () => {
    expect(await lines(`\ufeff${configWith({ top: "foo: 1" }).replaceAll("\n", "\r\n")}`)).toEqual([
      expect.stringMatching(/^8:1: foo: unknown key/),
    ]);
  });
});

/** Pieces that YAML and this config are made of, in any order. */
const PIECES = [
  "http_server",
  "forwards",
  "upstreams",
  "name",
  ": ",
  ":\n",
  "\n  ",
  "\n",
  "- ",
  "[",
  "]",
  "{",
  "}",
  ", ",
  "&a ",
  "*a",
  "<<: ",
  "'",
  '"',
  "|",
  "> ",
  "#",
  "!",
  "? ",
  "---",
  "\t",
  "${A}",
  "${",
  "$${",
  "~",
  "1",
  "true",
  "__proto__",
  "é",
  "\u0000",
  "%",
  "@",
];

describe("the loader", () => {
  const eitherConfigOrErrors = async (text: string): Promise<void> => {
    const { config, errors } = await load(text);
    expect(config === undefined).toBe(errors.length > 0);
  };

  it("never throws and gives a config or errors, for any text", async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), eitherConfigOrErrors));
  });

  it("never throws and gives a config or errors, for what looks like YAML", async () => {
    const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join(""));
    await fc.assert(fc.asyncProperty(text, eitherConfigOrErrors), { numRuns: 500 });
  });

  it("never throws and gives a config or errors, for any values in the right places", async () => {
    const part = fc.json({ maxDepth: 3 });
    await fc.assert(
      fc.asyncProperty(part, part, part, part, (a, b, c, d) =>
        eitherConfigOrErrors(
          `${configWith({ forward: `routing: ${a}, ratelimit: ${b}`, upstream: `auth: ${c}, headers: [${d}]`, client: `timeout: ${a}, retry: ${c}` })}\nbuffer_limit: ${b}`,
        ),
      ),
    );
  });

  it("takes time in proportion to the file, also when everything is wrong", async () => {
    const many = (n: number, url: string): string =>
      `http_server: {forwards: [{name: f, upstream_group: g}]}\nupstreams:\n${Array.from({ length: n }, (_, i) => `  - {name: u${i}, ${url}: http://h/, path: joined}\n`).join("")}upstream_groups:\n  - name: g\n    upstreams:\n${Array.from({ length: n }, (_, i) => `      - {name: v${i}}\n`).join("")}`;
    const { errors } = await load(many(2000, "urll"));
    expect(errors).toHaveLength(2000 * 4);
  });
});
