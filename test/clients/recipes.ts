/** The recipes of docs/clients.md, as they stand there. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/program-command.ts";

const LANGUAGES = ["js", "python", "sh", "html"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Recipe {
  /** The heading that it stands under. */
  readonly title: string;
  readonly language: Language;
  readonly code: string;
}

const TEXT = readFileSync(join(ROOT, "docs/clients.md"), "utf8");

/** The config that they are for. */
export const RECIPE_CONFIG = blocksOf(TEXT)[0]?.code ?? "";

export const RECIPES: readonly Recipe[] = TEXT.split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const title = section.slice(0, section.indexOf("\n"));
    return blocksOf(section).map(({ language, code }) => ({ title, language: known(language), code }));
  });

function blocksOf(markdown: string): readonly { readonly language: string; readonly code: string }[] {
  const found = markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return [...found].map(([, language = "", code = ""]) => ({ language, code }));
}

function known(language: string): Language {
  const found = LANGUAGES.find((one) => one === language);
  if (found === undefined) throw new Error(`docs/clients.md: nobody runs a block in ${language}`);
  return found;
}
