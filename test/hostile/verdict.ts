/** Whether what happened is allowed, and how it is said in few words. */

import type { ProgramName } from "../support/program-command.ts";
import type { Allowed, Case } from "./case.ts";
import type { Outcome } from "./play.ts";

/** What is allowed to a program. */
export function allowedTo(one: Case, program: ProgramName): Allowed {
  return one.except?.[program]?.allowed ?? one.allowed;
}

/**
 * What of an outcome is not allowed, in words; none when all of it is.
 *
 * @param closes whether a refusal has to end the connection
 */
export function wrongs(outcome: Outcome, allowed: Allowed, closes: boolean): readonly string[] {
  const { statuses, end, upstream, faults } = outcome;
  const wrong = [...faults];
  if (end === "out of step") wrong.push("a further request got another answer");
  if (end === "open" && !allowed.open) wrong.push("left open");
  const { answered, refusal } = split(outcome);
  if (upstream.length > 0 && !allowed.passed?.some((list) => isSame(list, upstream)))
    wrong.push(`sent upstream: ${upstream.slice(0, 3).join(", ")}`);
  if (answered < upstream.length && !allowed.unanswered)
    wrong.push(`${upstream.length} sent upstream, ${answered} answered`);
  if (statuses.some((status) => status >= 500 && ![501, 505].includes(status)))
    wrong.push("a failure of the proxy's");
  if (refusal !== undefined && !allowed.refused.includes(refusal)) wrong.push(`refused with ${refusal}`);
  if (upstream.length === 0 && refusal === undefined && end !== "open")
    wrong.push("neither sent upstream nor refused");
  if (
    closes &&
    !allowed.kept &&
    !allowed.open &&
    upstream.length === 0 &&
    typeof refusal === "number" &&
    end !== "closed"
  )
    wrong.push("refused, and the connection kept");
  return wrong;
}

function split({ statuses, end, upstream }: Outcome): {
  readonly answered: number;
  readonly refusal: number | "closed" | undefined;
} {
  const answered = statuses.filter((status) => status === 200).length;
  const refusal = statuses.find((status) => status !== 200);
  return { answered, refusal: refusal ?? (upstream.length === 0 && end === "closed" ? "closed" : undefined) };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}

/** An outcome in few words: `400`, `closed`, `passed`, `passed as GET /b`. */
export function wordsOf(outcome: Outcome, one: Case): string {
  const { upstream, end } = outcome;
  const { answered, refusal } = split(outcome);
  const words: string[] = [];
  if (upstream.length > 0) {
    const isPlain = one.allowed.passed?.some((list) => isSame(list, upstream)) ?? false;
    words.push(isPlain ? "passed" : `passed as ${upstream.slice(0, 2).join(", ")}`);
  }
  if (answered < upstream.length) words.push(`${answered} of ${upstream.length} answered`);
  if (refusal !== undefined) words.push(String(refusal));
  if (end === "closed" && refusal !== "closed" && refusal !== undefined) words.push("closed");
  if (end === "open") words.push("left open");
  if (end === "out of step") words.push("out of step");
  return words.join(", ") || "nothing";
}
