/**
 * Runs one end-to-end target against one program: `TARGET PROGRAM SEED SECONDS EXECUTIONS [FILE]`. `fuzz/main.ts` starts
 * it, bundled, in Node. With a file of an earlier finding, only that case runs.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ProgramName, ROOT } from "../../test/support/program-command.ts";
import { saveInput } from "../engine/corpus.ts";
import { type HuntOptions, type HuntReport, hunt } from "./hunt.ts";
import { knownOf } from "./known.ts";
import { startSubject } from "./subject.ts";
import { E2E_TARGETS, type E2eName, type E2eTarget } from "./target.ts";

const [name = "", program = "", seed, seconds, executions, file = ""] = process.argv.slice(2);

/** Longest input that is printed (characters). */
const PRINTED = 1200;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const options: HuntOptions = {
  seed: Number(seed),
  seconds: Number(seconds),
  executions: file === "" ? Number(executions) : 1,
  start: (ports) => startSubject(program as ProgramName, ports),
  known: file === "" ? knownOf(program as ProgramName) : [],
  onFinding: ({ seed: at, what, input }) => {
    const saved = saveInput(join(ROOT, "fuzz/findings", name), new TextEncoder().encode(input));
    say(`  FINDING ${saved} (seed ${at})\n    ${what.replaceAll("\n", "\n    ")}`);
    say(`    ${input.length > PRINTED ? `${input.slice(0, PRINTED)}…` : input}`);
  },
};

function run<C>(target: E2eTarget<C>): Promise<HuntReport> {
  if (file === "") return hunt(target, options);
  return hunt({ ...target, make: () => JSON.parse(readFileSync(file, "utf8")) as C }, options);
}

const {
  executions: ran,
  leftOut,
  findings,
} = await ((name as E2eName) === "answers" ? run(E2E_TARGETS.answers) : run(E2E_TARGETS.clients));
say(`  ${ran} cases, ${leftOut} left out as known, ${findings.length} findings`);
process.exit(findings.length > 0 ? 1 : 0);
