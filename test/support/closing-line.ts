import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with one plain line of totals, for those who read logs by their last line. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const totals = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let broken = 0;
    for (const module of modules) {
      if (module.errors().length > 0) broken += 1;
      for (const test of module.children.allTests()) totals[test.result().state] += 1;
    }
    const { passed, skipped } = totals;
    const failed = totals.failed + totals.pending + broken;
    // The coverage table comes after the run's end.
    process.once("exit", () =>
      process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`),
    );
  }
}
