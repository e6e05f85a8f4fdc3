/** What a strategy remembers of each candidate. As many states are held as the group has members. */

import type { Candidate } from "./balancer.ts";

export interface CandidateStates<S> {
  /** The state of each of these, in the same order. The array is used again by the next call. */
  of(available: readonly Candidate[]): readonly S[];
  ofOne(candidate: Candidate): S;
}

interface Entry<S> {
  readonly candidate: Candidate;
  readonly state: S;
  readonly index: number;
}

/**
 * @param create makes a candidate's state when it is first seen
 *
 * A set is mostly the one of the call before, or that one with some gone or back, in the same order. So what stands
 * where it stood is taken over, the next one is guessed, and only then is there a lookup: a pick among 1,000 costs
 * comparisons instead of hash lookups.
 */
export function createCandidateStates<S>(create: (candidate: Candidate) => S): CandidateStates<S> {
  const entries: Entry<S>[] = [];
  const entryOf = new Map<Candidate, Entry<S>>();
  const seen: Candidate[] = [];
  const states: S[] = [];

  function find(candidate: Candidate): Entry<S> {
    return entryOf.get(candidate) ?? add(candidate);
  }

  function add(candidate: Candidate): Entry<S> {
    const entry = { candidate, state: create(candidate), index: entries.length };
    entries.push(entry);
    entryOf.set(candidate, entry);
    return entry;
  }

  return {
    of(available) {
      let next = 0;
      let place = 0;
      for (const candidate of available) {
        if (seen[place] !== candidate) {
          const guess = entries[next];
          const { state, index } = guess?.candidate === candidate ? guess : find(candidate);
          seen[place] = candidate;
          states[place] = state;
          next = index + 1;
        }
        place += 1;
      }
      seen.length = place;
      states.length = place;
      return states;
    },
    ofOne: (candidate) => find(candidate).state,
  };
}
