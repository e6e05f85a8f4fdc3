/** What a runtime can't do, and the end-to-end fuzz therefore does not ask of it: rows of docs/runtimes.md. */

import type { ProgramName } from "../../test/support/program-command.ts";

export type Lack = keyof typeof LACKS;

const BUN: readonly ProgramName[] = ["bun", "binary"];

const LACKS = {
  /** Bun's server sends the head with the body's first byte: a cut right after that may leave no status. */
  "head before body": BUN,
  /** Bun's fetch refuses what other recipients mend: odd chunk sizes, control characters, folded lines. */
  "odd answers": BUN,
  /** Bun's fetch takes a reset for the end of an answer without a length. */
  "reset after a body without length": BUN,
  /** Bun's fetch takes a last chunk without its final line for the end. */
  "end of the last chunk": BUN,
  /** Bun's server writes a 400 into a running answer when more comes that is no request. */
  "refusal beside an answer": BUN,
} as const satisfies Readonly<Record<string, readonly ProgramName[]>>;

export function lacksOf(program: ProgramName): readonly Lack[] {
  const lacks = Object.entries(LACKS) as readonly (readonly [Lack, readonly ProgramName[]])[];
  return lacks.filter(([, programs]) => programs.includes(program)).map(([lack]) => lack);
}
