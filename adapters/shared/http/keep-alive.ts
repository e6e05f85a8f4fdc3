const TIMEOUT = /(?:^|[\s,;])timeout\s*=\s*"?\s*(\d+)/gi;
/** A connection is closed this many ms before its upstream would close it, so that no request meets the close. */
export const HINT_MARGIN = 1_000;

/**
 * Reads the idle limit that a `Keep-Alive` field sets for its connection: the parameter `timeout` (RFC 2068 §19.7.1.1)
 * less {@link HINT_MARGIN}. Where the parameter is repeated, the shortest counts.
 *
 * @returns milliseconds, 0 for a connection that is not to be used again, or undefined where the field sets no limit
 */
export function idleLimit(field: string): number | undefined {
  const seconds = Array.from(field.matchAll(TIMEOUT), ([, digits]) => Number(digits));
  if (seconds.length === 0) return undefined;
  return Math.max(0, Math.min(...seconds) * 1_000 - HINT_MARGIN);
}
