import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";
import { PROGRAM_NAMES } from "./program-command.ts";

/** Ends a run with one line a program: how many rows of the contract it passed, and why it skipped others. */
export default class ContractSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules.flatMap((module) => [...module.children.allTests()]);
    for (const program of PROGRAM_NAMES) {
      const own = rows.filter((row) => subjectOf(row).startsWith(`${program}: `));
      if (own.length === 0) continue;
      const count = (state: string): number => own.filter((row) => row.result().state === state).length;
      process.stdout.write(
        `contract ${program}: ${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped\n`,
      );
      for (const reason of new Set(own.flatMap(reasonOf))) process.stdout.write(`  skips: ${reason}\n`);
    }
  }
}

function reasonOf(row: TestCase): readonly string[] {
  const result = row.result();
  return result.state === "skipped" && result.note !== undefined ? [result.note] : [];
}

function subjectOf(row: TestCase): string {
  let suite: TestSuite | TestModule = row.parent;
  while (suite.type === "suite" && suite.parent.type === "suite") suite = suite.parent;
  return suite.type === "suite" ? suite.name : "";
}
