import type { Balancer, Candidate } from "./balancer.ts";
import { createCandidateStates } from "./candidate-states.ts";
import { chosen } from "./chosen.ts";

/**
 * In turn by weight, smoothly: weights 5, 1, 1 give a a b a c a a.
 *
 * nginx's algorithm: at every pick each available candidate earns its weight, the richest is chosen and pays what all
 * of them earned together. An absent one neither earns nor pays, so it claims nothing back when it returns.
 */
export function createWeightedRoundRobin(): Balancer {
  const states = createCandidateStates(({ weight }) => ({ weight, credit: 0 }));

  return {
    pick<C extends Candidate>(available: readonly C[]): C {
      const accounts = states.of(available);
      let richest = chosen(accounts[0]);
      let earned = 0;
      for (const account of accounts) {
        account.credit += account.weight;
        earned += account.weight;
        if (account.credit > richest.credit) richest = account;
      }
      richest.credit -= earned;
      return chosen(available[accounts.indexOf(richest)]);
    },
  };
}
