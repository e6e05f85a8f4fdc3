import type { Balancer, Candidate } from "./balancer.ts";
import { createCandidateStates } from "./candidate-states.ts";
import { chosen } from "./chosen.ts";

/**
 * In turn: the one whose last turn is longest ago, at first in config order.
 *
 * A position in a list whose members come and go would give the neighbour of an absent one a double share. Here two
 * candidates that stay available never differ by more than one pick, whatever the others do; and one that comes
 * back gets one turn at once, not all those that it missed.
 */
export function createRoundRobin(): Balancer {
  const states = createCandidateStates(() => ({ lastTurn: 0 }));
  let turn = 0;

  return {
    pick<C extends Candidate>(available: readonly C[]): C {
      const turns = states.of(available);
      let next = chosen(turns[0]);
      for (const state of turns) if (state.lastTurn < next.lastTurn) next = state;
      turn += 1;
      next.lastTurn = turn;
      return chosen(available[turns.indexOf(next)]);
    },
  };
}
