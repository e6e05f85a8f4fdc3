/** The documents of the project, and what is in them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Block, type Markdown, parseMarkdown } from "./markdown.ts";

/** The project's folder. */
export const ROOT = join(import.meta.dirname, "../..");

export interface Document extends Markdown {
  /** Path in the project. */
  readonly file: string;
  readonly text: string;
}

/** A block with a name to show: `docs/metrics.md:12`. */
export interface PlacedBlock extends Block {
  readonly place: string;
  readonly document: Document;
}

export function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** README, CONTRIBUTING, docs/ and examples/. */
export function documents(): readonly Document[] {
  const inside = ["docs", "examples"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  );
  return ["README.md", "CONTRIBUTING.md", "bench/README.md", ...inside.sort()].map((file) => {
    const text = read(file);
    return { file, text, ...parseMarkdown(text) };
  });
}

/** Documents that have a test of their own, which takes their blocks from them. */
export const TESTED_BY: ReadonlyMap<string, string> = new Map([
  ["docs/clients.md", "test/clients/recipes.ts"],
  ["docs/library.md", "test/package/consumer.ts"],
]);

/** Every fenced block of the other documents, in these languages or in any. */
export function blocksIn(...languages: readonly string[]): readonly PlacedBlock[] {
  const documentsHere = documents().filter(({ file }) => !TESTED_BY.has(file));
  return documentsHere.flatMap((document) =>
    document.blocks
      .filter(({ language }) => languages.length === 0 || languages.includes(language))
      .map((block) => ({ ...block, document, place: `${document.file}:${block.line}` })),
  );
}
