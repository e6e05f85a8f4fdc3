/** How what was seen differs from what has to be. */

import type { ProgramName } from "../support/program-command.ts";
import { expectedOf, type Run } from "./case.ts";
import type { Seen } from "./run.ts";
import { otherOf, retriesOf } from "./strike.ts";

/** What one program showed of each run. */
export interface Results {
  readonly program: ProgramName;
  readonly runs: readonly Run[];
  readonly seen: readonly Seen[];
}

/** Slowness of the machine that is allowed for (s). The bytes of a large upload alone may take so long. */
const TOLERANCE = 0.9;
const UPLOAD_TOLERANCE = 2.5;

/** Differences in words; none when there is none. */
export function differences(run: Run, program: ProgramName, seen: Seen | undefined): readonly string[] {
  if (seen === undefined) return ["nothing was seen"];
  const { case: one, setting } = run;
  const { client, attempts, error, breaker, state = "up", seconds } = expectedOf(run, program);
  const other = otherOf(one, setting);
  const pairs: readonly (readonly [what: string, expected: string | undefined, seen: string | undefined])[] =
    [
      ["client", client, seen.client],
      ["attempts", attempts, seen.attempts],
      ["answer of", whoseIs(run, client), seen.from],
      ["error", error, seen.error],
      ["breaker", breaker, seen.breaker],
      ["state", state, seen.state],
      ["retries", retriesOf(one, setting), seen.retries],
      ["other's error", other.error, seen.other.error],
      ["other's breaker", other.breaker, seen.other.breaker],
      // An upstream outside the group has none.
      ["other's state", setting === "alone" ? "-" : (other.state ?? "up"), seen.other.state],
      ["next request", one.next?.[setting], seen.next],
      ["in flight", "0", String(seen.inFlight)],
      ["bytes", undefined, seen.bytes],
    ];
  const late = seen.seconds - seconds;
  return [
    ...pairs
      .filter(([, expected, found]) => expected !== found)
      .map(([what, expected, found]) => `${what}: expected ${expected}, seen ${found}`),
    ...(late > (one.kind === "upload" ? UPLOAD_TOLERANCE : TOLERANCE) || late < -0.1
      ? [`seconds: expected ${seconds}, seen ${seen.seconds.toFixed(2)}`]
      : []),
  ];
}

function whoseIs({ case: one, setting }: Run, client: string): string {
  if (client === "none") return "-";
  return one.expected[setting]?.attempts.startsWith("2") ? "b" : "a";
}
