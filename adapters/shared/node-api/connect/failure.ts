import { codeOf, messageOf } from "../system-error.ts";
import { AttemptsFailed } from "./race.ts";

/** Ranks of error codes: the lowest says most about why no address of a host could be reached. */
const RANKS: Readonly<Record<string, number>> = {
  // The proxy's host has no descriptor left: the upstream is not to blame.
  EMFILE: 0,
  ENFILE: 0,
  ETIMEDOUT: 2,
  // One family has no address.
  ENOTFOUND: 3,
  ENODATA: 3,
};
const DEFAULT_RANK = 1;

/**
 * Throws the error of a failed connect. The errors of several addresses become one, with the `code` of the most telling
 * one and the messages of all.
 */
export function connectFailure(error: unknown): never {
  if (!(error instanceof AttemptsFailed)) throw error;
  const [telling, ...others] = error.errors.toSorted((a, b) => rank(a) - rank(b)) as unknown[];
  if (others.length === 0) throw telling;
  const message = [...new Set(error.errors.map(messageOf))].join("; ");
  throw Object.assign(new Error(message, { cause: error }), { code: codeOf(telling) });
}

function rank(error: unknown): number {
  return RANKS[codeOf(error)] ?? DEFAULT_RANK;
}
