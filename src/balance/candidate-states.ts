/** What a strategy remembers of each candidate. As many states are held as the group has members. */

import type { Candidate } from "./balancer.ts";

export interface CandidateStates<S> {
  /**
   * The state of each of these, in the same order. It costs nothing if they are the array of the call before. What it
   * returns is used again by the next call.
   */
  of(available: readonly Candidate[]): readonly S[];
  ofOne(candidate: Candidate): S;
}

/** @param create makes a candidate's state when it is first seen */
export function createCandidateStates<S>(create: (candidate: Candidate) => S): CandidateStates<S> {
  const byIndex: (S | undefined)[] = [];
  const states: S[] = [];
  let last: readonly Candidate[] | undefined;

  function add(candidate: Candidate): S {
    const state = create(candidate);
    // No holes: an array that begins far from its start would be slow for good.
    while (byIndex.length < candidate.index) byIndex.push(undefined);
    byIndex[candidate.index] = state;
    return state;
  }

  function ofOne(candidate: Candidate): S {
    return byIndex[candidate.index] ?? add(candidate);
  }

  return {
    of(available) {
      if (available === last) return states;
      last = available;
      let count = 0;
      for (const candidate of available) {
        states[count] = ofOne(candidate);
        count += 1;
      }
      states.length = count;
      return states;
    },
    ofOne,
  };
}
