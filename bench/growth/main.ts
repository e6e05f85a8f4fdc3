/**
 * `npm run bench:growth [-- --quick | --full] [--only in-process,streams,downloads,configs]`: how cost grows with what
 * an operator has more of. Writes its part of docs/performance.md and docs/growth.svg; with `--quick` or `--only` it
 * prints the part.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createLab, type Lab } from "../lab.ts";
import { ROOT } from "../programs.ts";
import { writeBetween } from "../report/document.ts";
import { measureConfigs } from "./configs.ts";
import { measureDownloads } from "./downloads.ts";
import { measureInProcess } from "./in-process.ts";
import type { Point } from "./panels.ts";
import { plotOf } from "./plot.ts";
import { type Sizes, sizesOf } from "./sizes.ts";
import { measureStreams } from "./streams.ts";
import { growthReport } from "./table.ts";

type Measure = (lab: Lab, sizes: Sizes, say: (line: string) => void) => Promise<readonly Point[]>;

const MEASURES: Readonly<Record<string, Measure>> = {
  "in-process": measureInProcess,
  streams: measureStreams,
  downloads: measureDownloads,
  configs: measureConfigs,
};

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    only: { type: "string" },
  },
});

/** Milliseconds after which a run is given up. */
const LONGEST = 6 * 60_000;
setTimeout(() => {
  process.stderr.write(`this takes longer than ${LONGEST / 60_000} min: given up, nothing is written\n`);
  process.exit(1);
}, LONGEST);

const only = values.only?.split(",") ?? Object.keys(MEASURES);
const sizes = sizesOf(values);
const points: Point[] = [];
const lab = createLab();
try {
  for (const [name, measure] of Object.entries(MEASURES)) {
    if (!only.includes(name)) continue;
    process.stderr.write(`${name}\n`);
    points.push(...(await measure(lab, sizes, (line) => void process.stderr.write(`  ${line}\n`))));
  }
} finally {
  await lab.close();
}
if (values.quick || values.only !== undefined) {
  process.stdout.write(`${growthReport(points)}\n`);
} else {
  writeBetween("growth", growthReport(points));
  writeFileSync(join(ROOT, "docs/growth.svg"), plotOf(points));
}
process.exit(0);
