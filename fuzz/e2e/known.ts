/** Findings that are known: cases that are left out, each with why. */

import type { ProgramName } from "../../test/support/program-command.ts";
import type { AnswerCase } from "./answers.ts";
import type { ClientCase } from "./clients.ts";
import { endingOf, readAnswer } from "./reading.ts";

export interface KnownFinding {
  /** What the program does, in a sentence. */
  readonly why: string;
  /** The programs that do it. @default all */
  readonly programs?: readonly ProgramName[];
  /** Whether a case would show it. */
  readonly fits: (one: unknown) => boolean;
}

/** @param fits of an answer's bytes */
export function knownAnswer(
  why: string,
  fits: (text: string, one: AnswerCase) => boolean,
  programs?: readonly ProgramName[],
): KnownFinding {
  return {
    why,
    ...(programs && { programs }),
    fits: (one) => isAnswer(one) && fits(one.parts.join(""), one),
  };
}

/** @param fits of a client's bytes, all steps together */
export function knownClient(
  why: string,
  fits: (text: string, one: ClientCase) => boolean,
  programs?: readonly ProgramName[],
): KnownFinding {
  return {
    why,
    ...(programs && { programs }),
    fits: (one) =>
      isClient(one) && fits(one.steps.map((step) => ("bytes" in step ? step.bytes : "")).join(""), one),
  };
}

function isAnswer(one: unknown): one is AnswerCase {
  return typeof one === "object" && one !== null && "parts" in one;
}

function isClient(one: unknown): one is ClientCase {
  return typeof one === "object" && one !== null && "steps" in one;
}

/** Why a reading is open where an answer says more than it has room for. */
const SURPLUS: readonly string[] = ["surplus", "a body where none is", "205 with a body"];

export const KNOWN: readonly KnownFinding[] = [
  knownAnswer(
    "Bun's fetch takes bytes behind an answer for the next answer on the same connection",
    (text, { method, ending }) => {
      const reading = readAnswer(text, method, endingOf(text, method, ending));
      return reading.kind === "open" && SURPLUS.includes(reading.why);
    },
    ["bun", "binary"],
  ),
  knownClient(
    "Deno's server writes the 100 of a pipelined request into the running answer before it",
    (text) => /expect: 100-continue/i.test(text) && text.split(" HTTP/1.").length > 2,
    ["deno"],
  ),
];

/** Those of one program. */
export function knownOf(program: ProgramName): readonly KnownFinding[] {
  return KNOWN.filter(({ programs }) => programs?.includes(program) ?? true);
}
