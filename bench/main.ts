/**
 * `npm run bench`: measures every proxy in turn, so many times, prints a table, and writes docs/performance.md when it
 * measured everything. Options: see README.md.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLab } from "./lab.ts";
import { installNodes } from "./nodes.ts";
import { type Options, optionsOf } from "./options.ts";
import { peersOf } from "./peers.ts";
import { allPrograms, type Program, ROOT } from "./programs.ts";
import { writeBetween } from "./report/document.ts";
import { plotOf } from "./report/plot.ts";
import { reportOf } from "./report/report.ts";
import { tableOf } from "./report/table.ts";
import { measureAll } from "./rounds.ts";
import { missingTools } from "./tools.ts";

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** nginx always, and with each program what it is compared with. */
function chosen(all: readonly Program[], { only }: Options): readonly Program[] {
  if (only === undefined) return all;
  const isNamed = ({ name, kind }: Program): boolean =>
    only.includes(name) || (kind === "peer" && only.includes("peers"));
  const raws = new Set(all.filter(isNamed).map((program) => program.raw));
  return all.filter((one) => one.kind === "nginx" || isNamed(one) || raws.has(one.name));
}

const missing = missingTools(["nginx", "wrk"]);
if (missing.length > 0) throw new Error(`this needs ${missing.join(" and ")}`);

const options = optionsOf(process.argv.slice(2));
await installNodes(options.nodes);
const programs = chosen(allPrograms(peersOf(options.peers, say)), options);
const lab = createLab();
try {
  const results = await measureAll(lab, programs, options, say);
  process.stdout.write(`${tableOf(results, programs)}\n`);
  if (options.isWritten) {
    writeBetween("bench", await reportOf(results, programs, options));
    writeFileSync(join(ROOT, "docs/performance.svg"), plotOf(results, programs));
  }
} finally {
  await lab.close();
}
process.exit(0);
