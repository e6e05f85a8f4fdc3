/** A short slice of the end-to-end fuzz, `npm run fuzz -- answers clients`, on every program: fixed cases. */

import { describe, expect, it } from "vitest";
import { type HuntOptions, hunt } from "../../fuzz/e2e/hunt.ts";
import { knownOf } from "../../fuzz/e2e/known.ts";
import { startSubject } from "../../fuzz/e2e/subject.ts";
import { E2E_TARGETS } from "../../fuzz/e2e/target.ts";
import { chosenPrograms } from "../support/chosen-programs.ts";

/** Two batches. */
const CASES = 120;

describe.each(chosenPrograms())("%s: end-to-end fuzz", (program) => {
  const options: HuntOptions = {
    seed: 1,
    executions: CASES,
    start: (ports) => startSubject(program, ports),
    known: knownOf(program),
    most: 3,
  };

  it("no answer of an upstream hurts anybody but its own client", { timeout: 240_000 }, async () => {
    const { findings, executions, leftOut } = await hunt(E2E_TARGETS.answers, options);
    expect(findings).toEqual([]);
    expect(executions + leftOut).toBe(CASES);
  });

  it("no client hurts anybody but itself", { timeout: 240_000 }, async () => {
    const { findings, executions, leftOut } = await hunt(E2E_TARGETS.clients, options);
    expect(findings).toEqual([]);
    expect(executions + leftOut).toBe(CASES);
  });
});
