import { codeOf, messageOf } from "../system-error.ts";
import { AttemptsFailed } from "./race.ts";

/** Codes that say the most about a host of which every address failed, and those that say the least. */
const RANKS: Readonly<Record<string, number>> = {
  // This machine has run out of descriptors: the host is not to blame.
  EMFILE: 0,
  ENFILE: 0,
  ETIMEDOUT: 2,
  // One family has no address.
  ENOTFOUND: 3,
  ENODATA: 3,
};
const OTHERWISE = 1;

/**
 * Throws what an attempt to connect failed with. Several errors become one with the `code` of the most telling error and
 * the messages of all.
 */
export function connectFailure(error: unknown): never {
  if (!(error instanceof AttemptsFailed)) throw error;
  const [telling, ...others] = error.errors.toSorted((a, b) => rank(a) - rank(b)) as unknown[];
  if (others.length === 0) throw telling;
  const message = [...new Set(error.errors.map(messageOf))].join("; ");
  throw Object.assign(new Error(message, { cause: error }), { code: codeOf(telling) });
}

function rank(error: unknown): number {
  return RANKS[codeOf(error)] ?? OTHERWISE;
}
