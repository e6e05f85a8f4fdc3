import type { Random } from "../base/clock.ts";
import type { AttemptResult, Balancer, Candidate } from "./balancer.ts";
import { createCandidateStates } from "./candidate-states.ts";
import { chosen } from "./chosen.ts";
import { lowest } from "./lowest.ts";

/** Weight of the newest value in both averages. */
const ALPHA = 0.15;
/** Time to first body byte that is assumed before any was seen (ms). */
const FIRST_BYTE_START = 2000;
/** Lowest success rate used: no upstream is excluded for good. */
const SUCCESS_FLOOR = 0.05;
/** Below so many samples a candidate is tried before scores decide. */
const ENOUGH_SAMPLES = 5;
/** Share of scored picks that go to another than the best. */
const EXPLORATION = 0.03;

interface Experience {
  readonly candidate: Candidate;
  /** EWMA of the time to first body byte of 2xx answers, ms. */
  firstByteMs: number;
  /** EWMA of attempts: 1 is all well. */
  successRate: number;
  /** First byte ÷ success rate: what a request costs where no other is in flight, ms. */
  cost: number;
  /**
   * Attempts that ended, however they did. Counting only those that taught something would send everybody to an
   * upstream that answers nothing but 404, or one so slow that its clients always leave.
   */
  samples: number;
}

/**
 * The one that will probably answer first: the lowest time to first byte × (in flight + 1) ÷ success rate.
 * Newcomers are tried first, at most {@link ENOUGH_SAMPLES} requests at a time, and {@link EXPLORATION} of the other
 * picks go to a uniformly chosen other, so that a slow one can show that it has recovered.
 */
export function createResponseAware({ random }: { readonly random: Random }): Balancer {
  const states = createCandidateStates<Experience>((candidate) => ({
    candidate,
    firstByteMs: FIRST_BYTE_START,
    successRate: 1,
    cost: FIRST_BYTE_START,
    samples: 0,
  }));
  const scores: number[] = [];

  return {
    pick<C extends Candidate>(available: readonly C[]): C {
      let count = 0;
      for (const experience of states.of(available)) {
        scores[count] = score(experience);
        count += 1;
      }
      scores.length = count;
      const best = lowest(scores, random);
      if (count === 1 || (scores[best] ?? 0) < 0 || random() >= EXPLORATION) return chosen(available[best]);
      return chosen(available[anotherThan(best, count, random)]);
    },

    settled(candidate: Candidate, { success, firstByteMs }: AttemptResult): void {
      const experience = states.ofOne(candidate);
      experience.samples += 1;
      if (success !== undefined)
        experience.successRate += ALPHA * ((success ? 1 : 0) - experience.successRate);
      // A failure's first byte is no speed.
      if (firstByteMs !== undefined && success !== false)
        experience.firstByteMs += ALPHA * (firstByteMs - experience.firstByteMs);
      experience.cost = experience.firstByteMs / Math.max(experience.successRate, SUCCESS_FLOOR);
    },
  };
}

/** Below zero for newcomers, the least known first: they come before everyone with a real score. */
function score({ cost, samples, candidate }: Experience): number {
  const { inFlight } = candidate;
  const known = samples + inFlight;
  return known < ENOUGH_SAMPLES ? known - ENOUGH_SAMPLES : cost * (inFlight + 1);
}

/** A uniformly chosen other place: draws from one place fewer and skips this one. */
function anotherThan(place: number, length: number, random: Random): number {
  const other = Math.floor(random() * (length - 1));
  return other < place ? other : other + 1;
}
