/** Runs cases against one subject, several at once: each has a port and an upstream of its own. */

import { request } from "../support/raw-request.ts";
import type { Scope } from "../support/wait.ts";
import type { Case } from "./case.ts";
import { type Outcome, play } from "./play.ts";
import { startRecorder } from "./recorder.ts";
import type { Subject } from "./subjects.ts";

const AT_ONCE = 8;

export interface Stage {
  readonly subject: Subject;
  /** Plays all cases that are chosen; outcomes are in the order of all cases. */
  run(isChosen?: (one: Case) => boolean): Promise<readonly (Outcome | undefined)[]>;
  /** Whether a good request on every lane gets its answer. */
  isWell(): Promise<boolean>;
}

/** @param start starts the subject for upstreams on these ports */
export async function setStage(
  cases: readonly Case[],
  scope: Scope,
  start: (upstreams: readonly number[]) => Promise<Subject>,
): Promise<Stage> {
  const recorders = await Promise.all(cases.map(() => startRecorder()));
  for (const recorder of recorders) scope.defer(() => recorder.close());
  const subject = await start(recorders.map(({ port }) => port));
  const lanes = recorders.map((recorder, lane) => ({ one: cases[lane] as Case, lane, recorder }));
  // Those that wait most first, so that all others run beside them.
  lanes.sort((a, b) => (b.one.patience ?? 0) - (a.one.patience ?? 0));

  return {
    subject,
    async run(isChosen = () => true) {
      const outcomes: (Outcome | undefined)[] = cases.map(() => undefined);
      const left = lanes.filter(({ one }) => isChosen(one));
      const worker = async (): Promise<void> => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          outcomes[next.lane] = await play(next.one, subject.port(next.lane), next.recorder);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      return outcomes;
    },
    async isWell() {
      for (const lane of cases.keys()) {
        const answer = await request(subject.port(lane), "/good");
        if (answer.status !== 200 || answer.text() !== "/good") return false;
      }
      return true;
    },
  };
}
