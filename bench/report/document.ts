/** docs/performance.md, of which each benchmark writes its own part and leaves the rest as it is. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../programs.ts";

const FILE = join(ROOT, "docs/performance.md");

/** Replaces what is between `<!-- name -->` and `<!-- /name -->`. Throws when the markers are not there, once each. */
export function writeBetween(name: string, text: string): void {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [before, rest, ...more] = readFileSync(FILE, "utf8").split(begin);
  const [, after, ...evenMore] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined || more.length + evenMore.length > 0) {
    throw new Error(`${FILE} must have ${begin.trim()} and ${end} once each`);
  }
  writeFileSync(FILE, `${before}${begin}\n${text.trim()}\n\n${end}${after}`);
}
