import { hashText, mix } from "../base/hash.ts";
import type { Balancer, Candidate } from "./balancer.ts";
import { createCandidateStates } from "./candidate-states.ts";
import { chosen } from "./chosen.ts";

/** 64 bits of a name: two names with one hash would always draw alike, and the second would never be chosen. */
interface Lot {
  readonly low: number;
  readonly high: number;
  readonly weight: number;
}

/**
 * Each client address keeps its upstream, and each upstream gets addresses by its weight.
 *
 * Rendezvous hashing, weighted: every pair of client and name draws a number u in (0, 1), and the highest
 * ln(u) ÷ weight wins (Schindelhauer and Schomaker, "Weighted Distributed Hash Tables"). When one drops out only its own
 * clients move, to the others by weight, and they return with it. The draw depends on nothing but the two texts: all
 * replicas of the proxy agree.
 */
export function createIpHash(): Balancer {
  const states = createCandidateStates<Lot>(({ name, weight }) => ({
    low: hashText(name, 0),
    high: hashText(name, 0x9e3779b9),
    weight,
  }));

  return {
    pick<C extends Candidate>(available: readonly C[], clientAddress: string): C {
      const lots = states.of(available);
      return chosen(available[lots.indexOf(chosen(winner(lots, hashText(clientAddress, 0))))]);
    },
  };
}

function winner(lots: readonly Lot[], client: number): Lot | undefined {
  let best: Lot | undefined;
  let bestWeight = 0;
  let bestDraw = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const lot of lots) {
    const { low, high, weight } = lot;
    const draw = (mix(mix(client ^ low) ^ high) + 0.5) / 2 ** 32;
    // Neither heavier nor luckier: it can't win, and the logarithm is the dear part.
    if (weight <= bestWeight && draw <= bestDraw) continue;
    const score = Math.log(draw) / weight;
    if (score <= bestScore) continue;
    best = lot;
    bestWeight = weight;
    bestDraw = draw;
    bestScore = score;
  }
  return best;
}
