const TIMEOUT = /(?:^|[\s,;])timeout\s*=\s*"?\s*(\d+)/gi;
/** A connection is left this many ms before the upstream closes it, so that a request does not meet the closing. */
export const HINT_MARGIN = 1_000;

/**
 * How long a connection may be idle after an answer with this `Keep-Alive` field: a second less than its parameter
 * `timeout` says (RFC 2068 §19.7.1.1). Where the parameter is repeated the shortest counts.
 *
 * @returns milliseconds, 0 for a connection that is not to be used again, or undefined where the field sets no limit
 */
export function idleLimit(field: string): number | undefined {
  const seconds = Array.from(field.matchAll(TIMEOUT), ([, digits]) => Number(digits));
  if (seconds.length === 0) return undefined;
  return Math.max(0, Math.min(...seconds) * 1_000 - HINT_MARGIN);
}
