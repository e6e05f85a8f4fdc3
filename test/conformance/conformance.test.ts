/**
 * The conformance suite. CONFORMANCE=full runs every case in every setting and writes docs/conformance.md; else it is
 * a part of them in which every fault, every moment and every kind of request occurs.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hasOpenssl } from "../support/certificates.ts";
import { chosenPrograms } from "../support/chosen-programs.ts";
import { createKit } from "../support/contract.ts";
import { PROGRAM_NAMES, ROOT } from "../support/program-command.ts";
import { createScope } from "../support/wait.ts";
import type { Run } from "./case.ts";
import { ALL_RUNS, SOME_RUNS } from "./cases.ts";
import { differences, type Results } from "./differences.ts";
import { reportOf } from "./report.ts";
import { runAll } from "./run.ts";

const isFull = process.env["CONFORMANCE"] === "full";
const runs = (isFull ? ALL_RUNS : SOME_RUNS).filter(
  (run) => run.case.upstream !== "untrusted certificate" || hasOpenssl(),
);

const results: Results[] = [];

describe.each(chosenPrograms())("%s: conformance", (program) => {
  it(`behaves as the table says in ${runs.length} cases`, { timeout: 600_000 }, async () => {
    const scope = createScope();
    try {
      const seen = await runAll(createKit(program, scope), runs);
      results.push({ program, runs, seen });
      const red = runs.flatMap((run, i) => {
        const wrong = differences(run, program, seen[i]);
        const { fault, moment, kind } = run.case;
        return wrong.length === 0 ? [] : [`${fault} ${moment}, ${kind}, ${run.setting}: ${wrong.join("; ")}`];
      });
      expect(red).toEqual([]);
    } finally {
      await scope.close();
    }
  });
});

describe("the conformance table", () => {
  it("has every fault, every moment and every kind of request in its reduced form", () => {
    const combinations = (some: readonly Run[]): ReadonlySet<string> =>
      new Set(some.map(({ case: { fault, moment, kind } }) => `${fault}, ${moment}, ${kind}`));
    expect(combinations(SOME_RUNS)).toEqual(combinations(ALL_RUNS));
    expect(new Set(SOME_RUNS.map(({ setting }) => setting))).toEqual(
      new Set(ALL_RUNS.map(({ setting }) => setting)),
    );
  });
});

afterAll(() => {
  if (!isFull || results.length < PROGRAM_NAMES.length) return;
  mkdirSync(join(ROOT, "docs"), { recursive: true });
  writeFileSync(join(ROOT, "docs/conformance.md"), reportOf(results, about()));
});

function about(): string {
  const version = (command: string): string => {
    const text = execFileSync(join(ROOT, "node_modules/.bin", command), ["--version"], { encoding: "utf8" });
    return /\d+\.\d+\.\d+/.exec(text)?.[0] ?? "?";
  };
  const date = new Date().toISOString().slice(0, 10);
  return `Last run: ${date}, Node ${process.versions.node}, Bun ${version("bun")}, Deno ${version("deno")}, ${process.platform}, ${cpus().length} cores.`;
}
