import { dirname } from "node:path";
import { transform } from "esbuild";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { completed, problemsIn } from "./configs.ts";
import { blocksIn, documents, read, TESTED_BY } from "./documents.ts";
import { check, has } from "./tools.ts";

/** YAML of other programs, and how it is checked. Without such a word a block is a configuration of this program. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ["prometheus", "promtool check config"],
  ["litellm", "read as YAML: LiteLLM is not installed for it"],
  ["kubernetes", "read as YAML: its whole is in examples/kubernetes, checked by schema"],
]);

/** The languages of blocks, and where they are checked. */
const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ["yaml", "here"],
  ["json", "here"],
  ["js", "here"],
  ["ts", "here"],
  ["nginx", "here"],
  ["promql", "test/docs/metrics.test.ts"],
  ["sh", "test/e2e/docs.test.ts"],
  ["text", "a picture or an output: nothing to check"],
]);

describe("blocks of the docs", () => {
  it("say in which language they are, so that something checks them", () => {
    const unknown = blocksIn().filter(({ language }) => !LANGUAGES.has(language));
    expect(unknown.map(({ place, language }) => `${place} ${language}`)).toEqual([]);
  });

  it("are checked by a test of their document's own where they are not checked here", () => {
    const own = documents().flatMap(({ file }) => {
      const test = TESTED_BY.get(file);
      return test === undefined || read(test).includes(file) ? [] : [`${test} does not name ${file}`];
    });
    expect(own).toEqual([]);
  });
});

const yaml = blocksIn("yaml");
const own = yaml.filter(({ info }) => info.size === 0);
const foreign = yaml.filter(({ info }) => info.size > 0);

describe("configurations in the docs", () => {
  it("are there", () => expect(own.length).toBeGreaterThan(5));

  it.each(own)("$place loads without errors and warnings", async ({ text }) => {
    expect(await problemsIn(completed(text))).toEqual([]);
  });

  it("would not load with a key that is wrong", async () => {
    expect(await problemsIn(completed("upstreams: [{ name: one, url: http://a, weigth: 2 }]"))).toHaveLength(
      1,
    );
  });
});

describe("configurations of other programs in the docs", () => {
  it.each(foreign)("$place is of a program that is known, and well formed", ({ info, text }) => {
    expect([...info.keys()].filter((word) => !FOREIGN.has(word))).toEqual([]);
    expect(parse(text)).toBeTypeOf("object");
  });

  it.skipIf(!has("promtool"))("promtool accepts those of Prometheus", () => {
    const blocks = foreign.filter(({ info }) => info.has("prometheus"));
    expect(blocks.length).toBeGreaterThan(0);
    for (const { text } of blocks)
      expect(check("promtool", (file) => ["check", "config", file], text)).toMatch(/^fine/);
  });

  it.skipIf(!has("nginx", "-v"))("nginx accepts its own", () => {
    const blocks = blocksIn("nginx");
    for (const { text } of blocks) {
      const whole = `pid nginx.pid;\nerror_log stderr;\nevents {}\nhttp { access_log off;\n${text}\n}\n`;
      // Host names of the docs resolve nowhere.
      const local = whole.replaceAll(
        /(server|proxy_pass) (https?:\/\/)?[\w.-]+\.internal/g,
        "$1 $2127.0.0.1",
      );
      expect(
        check("nginx", (file) => ["-t", "-q", "-e", "stderr", "-p", dirname(file), "-c", file], local),
      ).toMatch(/^fine/);
    }
  });
});

const code = blocksIn("js", "ts");

describe("code in the docs", () => {
  it.each(code)("$place can be parsed", async ({ text, language }) => {
    await expect(transform(text, { loader: language === "ts" ? "ts" : "js" })).resolves.toBeDefined();
  });

  it.each(blocksIn("json"))("$place is JSON", ({ text }) => {
    expect(JSON.parse(text)).toBeTypeOf("object");
  });
});
