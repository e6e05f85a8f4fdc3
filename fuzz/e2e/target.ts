/** The targets of the end-to-end fuzz, as the hunt runs them. */

import { type AnswerCase, makeAnswer } from "./answers.ts";
import { type ClientCase, makeClient } from "./clients.ts";
import { playAnswer } from "./play-answer.ts";
import { playClient } from "./play-client.ts";
import { smallerAnswers, smallerClients } from "./shrink.ts";
import type { Stage } from "./stage.ts";

export interface E2eTarget<C> {
  readonly make: (seed: number) => C;
  /** What is wrong with how one case went. */
  readonly play: (stage: Stage, one: C) => Promise<string[]>;
  /** Smaller cases, the smallest first. */
  readonly smaller: (one: C) => Iterable<C>;
}

const answers: E2eTarget<AnswerCase> = { make: makeAnswer, play: playAnswer, smaller: smallerAnswers };
const clients: E2eTarget<ClientCase> = { make: makeClient, play: playClient, smaller: smallerClients };

export const E2E_TARGETS = { answers, clients } as const;
export type E2eName = keyof typeof E2E_TARGETS;
export const E2E_NAMES = Object.keys(E2E_TARGETS) as E2eName[];
