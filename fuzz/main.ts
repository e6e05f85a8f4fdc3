/**
 * `npm run fuzz -- [target …] [--seconds N] [--executions N] [--seed N] [--programs NAME,…] [--input FILE]`: all targets, a minute
 * each; those that run whole programs, a minute for each program.
 */

import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { chosenPrograms } from "../test/support/chosen-programs.ts";
import { runE2e } from "./e2e/run.ts";
import { E2E_NAMES } from "./e2e/target.ts";
import { FUZZ } from "./engine/build.ts";
import { runTarget } from "./engine/run.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    executions: { type: "string", default: String(Number.MAX_SAFE_INTEGER) },
    programs: { type: "string" },
    input: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Proves that the engine finds what is there to be found; `npm test` asks it to. */
const PLANTED = "planted";

const e2e: readonly string[] = E2E_NAMES;
const known = [...readdirSync(join(FUZZ, "targets")).map((name) => basename(name, ".ts")), ...e2e];
const unknown = positionals.filter((name) => !known.includes(name));
const options = {
  seconds: Number(values.seconds),
  executions: Number(values.executions),
  seed: Number(values.seed),
};
if (unknown.length > 0 || Object.values(options).some((value) => !(value >= 0))) {
  say(`found ${process.argv.slice(2).join(" ")}, expected targets among ${known.join(", ")} and numbers`);
  process.exit(2);
}

let wrong = 0;
for (const name of positionals.length > 0 ? positionals : known.filter((one) => one !== PLANTED)) {
  if (e2e.includes(name)) {
    for (const program of chosenPrograms(values.programs)) {
      say(`${name} on ${program}: ${options.seconds} s at most, seed ${options.seed}`);
      if (!(await runE2e(name, program, { ...options, input: values.input }))) wrong += 1;
    }
    continue;
  }
  say(`${name}: ${options.seconds} s at most, seed ${options.seed}`);
  const { executions, branches, corpus, findings } = await runTarget(name, options);
  say(`  ${executions} executions, ${branches} branches, ${corpus} inputs kept, ${findings.length} findings`);
  for (const { what, file } of findings) say(`  FINDING ${file}\n    ${what.replaceAll("\n", "\n    ")}`);
  wrong += findings.length;
}
process.exit(wrong > 0 ? 1 : 0);
