import type { HeaderPair } from "../runtime.ts";

/** The longest Retry-After that counts, in milliseconds. */
const LONGEST = 600_000;

const SECONDS = /^\d+(\.\d+)?$/;

/** All three forms of RFC 9110 §5.6.7 begin with a day's name; `Date.parse` alone takes nearly anything. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/**
 * Reads Retry-After (RFC 9110 §10.2.3): seconds or an HTTP-date.
 *
 * @param wall Unix time in milliseconds
 * @returns milliseconds from now, 0–600,000; undefined when there is none or it can't be read
 */
export function retryAfterOf(headers: readonly HeaderPair[], wall: number): number | undefined {
  const value = headers.find(([name]) => name === "retry-after")?.[1].trim();
  if (value === undefined || value === "") return undefined;
  const ms = SECONDS.test(value)
    ? Number(value) * 1000
    : HTTP_DATE.test(value)
      ? Date.parse(value) - wall
      : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST, Math.max(0, ms));
}
