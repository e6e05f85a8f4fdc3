/**
 * Regular expressions over whole segments, matched in time linear in the segment: a path that a client chose must not
 * be able to hang the process, whatever the pattern (`(a+)+`). All states that a text can lead to are followed at once,
 * as Thompson described it, in place of one after the other with backtracking.
 *
 * @see https://swtch.com/~rsc/regexp/regexp1.html
 */

import { parseRegex, type Syntax, Unsupported } from "./regex-syntax.ts";

export interface SegmentRegex {
  /** Whether it matches all of the segment. */
  test(segment: string): boolean;
}

/** Longest pattern (characters). */
const MAX_SOURCE = 1000;
/** Most states; `a{100}` has as many as it says. With the longest path this is a fraction of a second. */
const MAX_STATES = 1000;

/** Compiles the pattern of a route; `problem` says what was found and what is allowed. */
export function compileRegex(
  source: string,
): { readonly regex: SegmentRegex } | { readonly problem: string } {
  const found = JSON.stringify(source.slice(0, 80));
  if (source.length > MAX_SOURCE)
    return { problem: `found ${found}…, expected a regular expression of at most ${MAX_SOURCE} characters` };
  try {
    new RegExp(source);
    const states = compile(parseRegex(source));
    return { regex: { test: (segment) => run(states, segment) } };
  } catch (error) {
    const what = error instanceof Unsupported ? `${error.message} in ` : "";
    const without = what === "" ? "" : " without it: it could take very long to match";
    return { problem: `found ${what}${found}, expected a regular expression${without}` };
  }
}

type State =
  /** Goes on to the next state over one unit. */
  | { readonly type: "unit"; readonly fits: (unit: number) => boolean }
  /** Goes on to each of these, over nothing. */
  | { readonly type: "jump"; readonly to: readonly number[] }
  | Extract<Syntax, { type: "assert" }>
  | { readonly type: "match" };

function compile(syntax: Syntax): readonly State[] {
  const states: State[] = [];

  function add(state: State): number {
    if (states.length >= MAX_STATES)
      throw new Unsupported(`more than ${MAX_STATES} characters and repetitions`);
    return states.push(state) - 1;
  }

  function emit(part: Syntax): void {
    switch (part.type) {
      case "unit":
      case "assert":
        add(part);
        return;
      case "all":
        for (const one of part.parts) emit(one);
        return;
      case "any":
        emitAny(part.parts);
        return;
      case "repeat":
        emitRepeat(part);
    }
  }

  function emitAny(parts: readonly Syntax[]): void {
    const begins: number[] = [];
    const fork = add({ type: "jump", to: begins });
    const end: number[] = [];
    for (const part of parts) {
      begins.push(states.length);
      emit(part);
      add({ type: "jump", to: end });
    }
    end.push(states.length);
    states[fork] = { type: "jump", to: begins };
  }

  function emitRepeat({ part, min, max }: Extract<Syntax, { type: "repeat" }>): void {
    const before = states.length;
    for (let i = 0; i < min; i += 1) {
      emit(part);
      // Nothing, however often.
      if (states.length === before) return;
    }
    const end: number[] = [];
    if (max === Infinity) {
      const again = add({ type: "jump", to: [states.length + 1] });
      emit(part);
      add({ type: "jump", to: [again] });
      end.push(states.length);
      states[again] = { type: "jump", to: [again + 1, states.length] };
      return;
    }
    for (let i = min; i < max; i += 1) {
      const next = states.length + 1;
      add({ type: "jump", to: [next, -1] });
      end.push(next - 1);
      emit(part);
    }
    for (const optional of end) states[optional] = { type: "jump", to: [optional + 1, states.length] };
  }

  emit(syntax);
  add({ type: "match" });
  return states;
}

function run(states: readonly State[], text: string): boolean {
  /** At which place of the text a state was reached last. */
  const reachedAt = new Int32Array(states.length).fill(-1);

  /** Adds what can be reached over nothing; true at the end of text and pattern. */
  function reach(first: number, at: number, into: number[]): boolean {
    const left = [first];
    for (let index = left.pop(); index !== undefined; index = left.pop()) {
      if (reachedAt[index] === at) continue;
      reachedAt[index] = at;
      const state = states[index];
      if (state === undefined) continue;
      if (state.type === "match" && at === text.length) return true;
      if (state.type === "unit") into.push(index);
      else if (state.type === "jump") left.push(...state.to);
      else if (state.type === "assert" && holdsAt(state.what, text, at)) left.push(index + 1);
    }
    return false;
  }

  let current: number[] = [];
  let matched = reach(0, 0, current);
  for (let at = 0; at < text.length && current.length > 0; at += 1) {
    const next: number[] = [];
    const unit = text.charCodeAt(at);
    for (const index of current) {
      const state = states[index];
      if (state?.type === "unit" && state.fits(unit) && reach(index + 1, at + 1, next)) matched = true;
    }
    current = next;
  }
  return matched;
}

function holdsAt(what: Extract<Syntax, { type: "assert" }>["what"], text: string, at: number): boolean {
  if (what === "start") return at === 0;
  if (what === "end") return at === text.length;
  const isBoundary = isWord(text[at - 1]) !== isWord(text[at]);
  return isBoundary === (what === "boundary");
}

function isWord(unit: string | undefined): boolean {
  return unit !== undefined && /\w/.test(unit);
}
