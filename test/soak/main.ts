/** `npm run soak -- [--minutes N] [--programs node,bun]`: N (10) minutes, shared by the programs. */

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chosenPrograms } from "../support/chosen-programs.ts";
import { ROOT } from "../support/program-command.ts";
import { plotOf, reportOf } from "./report.ts";
import { type Load, type Result, soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    programs: { type: "string" },
    streams: { type: "string", default: "200" },
    rate: { type: "string", default: "500" },
  },
});

const programs = chosenPrograms(values.programs);
const load: Load = {
  seconds: Math.max(15, Math.round((Number(values.minutes) * 60) / programs.length)),
  streams: Number(values.streams),
  rate: Number(values.rate),
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const results: Result[] = [];
for (const program of programs) {
  say(`${program}: ${load.seconds} s of load`);
  const result = await soak(program, load);
  results.push(result);
  for (const [what, count] of result.outcomes) say(`  ${what}: ${count}`);
  say(`  ${result.reached.toFixed(0)} requests a second, ${result.shed} shed`);
  for (const wrong of result.wrong) say(`  WRONG: ${wrong}`);
}

const about = `Last run: ${new Date().toISOString().slice(0, 10)}, ${load.seconds} s of load a program, Linux, ${cpus().length} cores, on which the generator and the upstreams run too.`;
writeFileSync(join(ROOT, "docs/soak.md"), reportOf(results, load, about));
writeFileSync(join(ROOT, "docs/soak.svg"), plotOf(results));
process.exit(results.some(({ wrong }) => wrong.length > 0) ? 1 : 0);
