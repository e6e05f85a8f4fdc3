/** What a fuzz target is: code under test, and what must hold of it whatever the input. */

export interface Target {
  /** Inputs to begin with: good ones, so that mutation starts inside the code and not at its first check. */
  readonly seeds: readonly string[];
  /** Words of the input's language: what no mutation of single bytes would come upon. */
  readonly words: readonly string[];
  /** Longest input (bytes). */
  readonly limit: number;
  /** Throws, or rejects, where something does not hold. Anything that it throws is a finding. */
  check(input: Uint8Array): void | Promise<void>;
}

/** @throws an `Error` that says what does not hold */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** The text of an input: bytes that are no UTF-8 become U+FFFD, as they do for the program. */
export function textOf(input: Uint8Array): string {
  return new TextDecoder().decode(input);
}
