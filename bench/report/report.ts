/** What a run writes into docs/performance.md. */

import type { Options } from "../options.ts";
import type { Program } from "../programs.ts";
import type { Results } from "../rounds.ts";
import { aboutOf } from "./about.ts";
import { tableOf } from "./table.ts";
import { targetsOf } from "./targets.ts";

/** Markdown. */
export function reportOf(
  results: Results,
  programs: readonly Program[],
  { rounds, seconds, starts, streams }: Options,
): string {
  return `${aboutOf(programs)}

Medians of ${rounds} × ${seconds} s of each measure and of ${starts} starts each; ${streams} streams at once.

${tableOf(results, programs)}

![CPU time, latency, memory and start of each program](performance.svg)

### Targets

× RAW is a *must*: it is what this project's own code costs. × nginx is an *aim*: most of it is the runtime's. The others are
what an operator notices. RSS under load is the larger of the two in the table above.

${targetsOf(results, programs)}`;
}
