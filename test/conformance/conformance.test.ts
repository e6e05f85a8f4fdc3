/**
 * The conformance suite. CONFORMANCE=full runs every case in every setting and writes docs/conformance.md; else it is
 * a part of them in which every fault, every moment and every kind of request occurs.
 */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { chosenPrograms } from "../support/chosen-programs.ts";
import { createKit } from "../support/contract.ts";
import { PROGRAM_NAMES, ROOT } from "../support/program-command.ts";
import { createScope } from "../support/wait.ts";
import { SETTINGS } from "./case.ts";
import { CASES } from "./cases.ts";
import { differences, type Results, reportOf } from "./report.ts";
import { type Run, runAll } from "./run.ts";

const isFull = process.env["CONFORMANCE"] === "full";

const all: readonly Run[] = CASES.flatMap((one) => SETTINGS.map((setting) => ({ case: one, setting })));

/** Each case once, in one setting after the other. */
const some: readonly Run[] = CASES.map((one, i) => ({
  case: one,
  setting: SETTINGS[i % SETTINGS.length] ?? "alone",
}));

const results: Results[] = [];

describe.each(chosenPrograms())("%s", (program) => {
  const runs = isFull ? all : some;
  it(`behaves as the table says in ${runs.length} rows`, { timeout: 600_000 }, async () => {
    const scope = createScope();
    try {
      const seen = await runAll(createKit(program, scope), runs);
      results.push({ program, runs, seen });
      const red = runs.flatMap((run, i) => {
        const one = seen[i];
        const wrong = one === undefined ? ["nothing was seen"] : differences(run, program, one);
        const { fault, moment, kind } = run.case;
        return wrong.length === 0 ? [] : [`${fault} ${moment}, ${kind}, ${run.setting}: ${wrong.join("; ")}`];
      });
      expect(red).toEqual([]);
    } finally {
      await scope.close();
    }
  });
});

describe("the table", () => {
  it("has every moment and every kind of request in its reduced form", () => {
    const combinations = new Set(some.map(({ case: { moment, kind } }) => `${moment} ${kind}`));
    expect(combinations.size).toBe(
      new Set(all.map(({ case: { moment, kind } }) => `${moment} ${kind}`)).size,
    );
    expect(new Set(some.map(({ case: { fault } }) => fault))).toEqual(
      new Set(all.map(({ case: { fault } }) => fault)),
    );
  });
});

afterAll(() => {
  if (!isFull || results.length < PROGRAM_NAMES.length) return;
  const version = (command: string): string =>
    execFileSync(join(ROOT, "node_modules/.bin", command), ["--version"], { encoding: "utf8" }).split(
      "\n",
    )[0] ?? "";
  const about = `Last run: ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, Bun ${version("bun")}, ${version("deno")}, Linux, ${cpus().length} cores.`;
  writeFileSync(join(ROOT, "docs/conformance.md"), reportOf(results, about));
});
