import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { documents, ROOT, read } from "./documents.ts";
import { anchorOf, parseMarkdown } from "./markdown.ts";

/** What is wrong with a link, or undefined. */
function problemOf(from: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? from : normalize(join(dirname(from), path));
  if (!existsSync(join(ROOT, file))) return `no such file: ${file}`;
  if (anchor === undefined) return undefined;
  const anchors = parseMarkdown(read(file)).headings.map(anchorOf);
  return anchors.includes(anchor) ? undefined : `${file} has no heading #${anchor}`;
}

describe("links of the docs", () => {
  const links = documents().flatMap(({ file, links }) => links.map((link) => ({ ...link, file })));

  it("lead to files and headings that are there", () => {
    expect(links.length).toBeGreaterThan(50);
    const broken = links.flatMap(({ file, line, target }) => {
      const problem = problemOf(file, target);
      return problem === undefined ? [] : [`${file}:${line}: ${problem}`];
    });
    expect(broken).toEqual([]);
  });

  it("lead to every document from the README", () => {
    const seen = new Set(["README.md"]);
    for (const file of seen) {
      if (!file.endsWith(".md")) continue;
      for (const { file: from, target } of links) {
        const [path = ""] = target.split("#");
        if (from === file && path !== "" && !/^[a-z]+:/.test(path))
          seen.add(normalize(join(dirname(from), path)));
      }
    }
    expect(
      documents()
        .map(({ file }) => file)
        .filter((file) => !seen.has(file)),
    ).toEqual([]);
  });

  it("are told from what only looks like one", () => {
    expect(problemOf("README.md", "docs/nowhere.md")).toContain("no such file");
    expect(problemOf("README.md", "docs/metrics.md#nowhere")).toContain("no heading");
    expect(problemOf("docs/metrics.md", "#metrics")).toBeUndefined();
  });
});

describe("commands in the docs", () => {
  const manifest = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const deno = JSON.parse(read("deno.json")) as { tasks: Record<string, unknown> };
  const texts = documents().flatMap(({ file, code, blocks }) => [
    ...code.map(({ text }) => ({ file, text })),
    ...blocks.filter(({ language }) => language === "sh").map(({ text }) => ({ file, text })),
  ]);

  it("are scripts and tasks that there are", () => {
    const named = texts.flatMap(({ file, text }) =>
      [...text.matchAll(/\b(npm|bun|deno) (?:run|task) (?:--?\S+ )*([a-z][\w:-]*)/g)].map(
        ([, tool = "", name = ""]) => ({ file, tool, name }),
      ),
    );
    expect(named.length).toBeGreaterThan(15);
    const known = (tool: string, name: string) => name in (tool === "deno" ? deno.tasks : manifest.scripts);
    expect(named.filter(({ tool, name }) => !known(tool, name))).toEqual([]);
  });

  it("have flags that the program has", () => {
    const usage = read("src/program/cli.ts");
    const flags = texts.flatMap(({ file, text }) =>
      text
        .split("\n")
        .filter((line) => /(^|\s)(llmproxy|dist\/node\.js) /.test(line))
        .flatMap((line) =>
          [...line.matchAll(/ (--?[a-z][a-z-]*)/g)].map(([, flag = ""]) => ({ file, flag })),
        ),
    );
    expect(flags.length).toBeGreaterThan(5);
    expect(flags.filter(({ flag }) => !usage.includes(`"${flag}"`))).toEqual([]);
  });
});
