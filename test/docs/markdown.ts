/** Markdown, as far as the tests of the docs look into it. */

/** A fenced block. */
export interface Block {
  readonly language: string;
  /** The info string behind the language, `key=value` or `key`. */
  readonly info: ReadonlyMap<string, string>;
  readonly text: string;
  /** Of the fence, from 1. */
  readonly line: number;
  /** The heading it stands under, without its #s. */
  readonly heading: string;
}

export interface Markdown {
  readonly blocks: readonly Block[];
  /** Without their #s. */
  readonly headings: readonly string[];
  /** Targets of links and images, in order. */
  readonly links: readonly { readonly target: string; readonly line: number }[];
  /** What stands in backticks outside of blocks. */
  readonly code: readonly { readonly text: string; readonly line: number }[];
}

export function parseMarkdown(text: string): Markdown {
  const blocks: Block[] = [];
  const headings: string[] = [];
  const links: { target: string; line: number }[] = [];
  const code: { text: string; line: number }[] = [];
  let open:
    | { readonly words: readonly string[]; readonly line: number; readonly lines: string[] }
    | undefined;

  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^\s*```(.*)$/.exec(line)?.[1];
    if (fence !== undefined && open === undefined) {
      open = { words: fence.trim().split(/\s+/), line: index + 1, lines: [] };
    } else if (fence !== undefined && open !== undefined) {
      const [language = "", ...info] = open.words;
      const pairs = info.map((word) => {
        const [key = "", value = ""] = word.split("=");
        return [key, value] as const;
      });
      const heading = headings.at(-1) ?? "";
      blocks.push({ language, info: new Map(pairs), text: open.lines.join("\n"), line: open.line, heading });
      open = undefined;
    } else if (open !== undefined) {
      open.lines.push(line);
    } else {
      const heading = /^#+ (.*)$/.exec(line)?.[1];
      if (heading !== undefined) headings.push(heading);
      for (const [, found = ""] of line.matchAll(/`([^`]+)`/g)) code.push({ text: found, line: index + 1 });
      const prose = line.replaceAll(/`[^`]*`/g, "");
      for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g))
        links.push({ target, line: index + 1 });
    }
  }
  if (open !== undefined) throw new Error(`line ${open.line}: found a fence that is never closed`);
  return { blocks, headings, links, code };
}

/** The anchor that GitHub gives a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}
