/** When an upstream says that it may be tried again. */

import type { HeaderPair } from "../runtime.ts";

/** The longest wait that counts, in milliseconds. */
const LONGEST = 600_000;

const NUMBER = /^\d+(\.\d+)?$/;

/** The forms of RFC 9110 §5.6.7 that name their zone begin with a day's name; `Date.parse` alone takes nearly anything. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, .* GMT$/;

/** The third form, asctime's, is GMT without saying so. */
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Statuses by which a rate limit is told, so that the limit's own fields are to be believed. */
const LIMITED: ReadonlySet<number> = new Set([429, 503]);

/**
 * Reads `retry-after-ms`, or else Retry-After (RFC 9110 §10.2.3): seconds or an HTTP-date. A 429 or 503 with neither
 * may have the fields of a rate limit: then it is the longest reset of those dimensions of which nothing remains.
 *
 * @param wall Unix time in milliseconds
 * @returns milliseconds from now, 0–600,000; undefined when there is none or it can't be read
 */
export function retryAfterOf(
  headers: readonly HeaderPair[],
  status: number,
  wall: number,
): number | undefined {
  const value = (name: string): string | undefined => headers.find(([key]) => key === name)?.[1].trim();
  const exact = value("retry-after-ms");
  if (exact !== undefined && NUMBER.test(exact)) return bounded(Number(exact));
  const retryAfter = value("retry-after");
  if (retryAfter !== undefined)
    return bounded(NUMBER.test(retryAfter) ? Number(retryAfter) * 1000 : dateIn(retryAfter, wall));
  return LIMITED.has(status) ? bounded(longestReset(headers, wall)) : undefined;
}

function bounded(ms: number | undefined): number | undefined {
  return ms === undefined || Number.isNaN(ms) ? undefined : Math.min(LONGEST, Math.max(0, ms));
}

function dateIn(value: string, wall: number): number | undefined {
  if (ASCTIME.test(value)) return Date.parse(`${value} GMT`) - wall;
  return HTTP_DATE.test(value) ? Date.parse(value) - wall : undefined;
}

/** `x-ratelimit-remaining-tokens` and `x-ratelimit-reset-tokens`, or without a dimension. */
const RESET = /^x-ratelimit-reset(-.+)?$/;

/** Anthropic's order: `anthropic-ratelimit-tokens-reset`. */
const ANTHROPIC_RESET = /^(anthropic-ratelimit-.+)-reset$/;

function longestReset(headers: readonly HeaderPair[], wall: number): number | undefined {
  let longest: number | undefined;
  for (const [name, value] of headers) {
    const remaining = remainingFieldOf(name);
    if (remaining === undefined) continue;
    if (!headers.some(([other, left]) => other === remaining && Number(left) === 0 && left.trim() !== ""))
      continue;
    const ms = resetIn(value.trim(), wall);
    if (ms !== undefined && ms > (longest ?? -1)) longest = ms;
  }
  return longest;
}

/** The field that says how much is left of what the field `name` says when it is refilled. */
function remainingFieldOf(name: string): string | undefined {
  const common = RESET.exec(name);
  if (common !== null) return `x-ratelimit-remaining${common[1] ?? ""}`;
  const anthropic = ANTHROPIC_RESET.exec(name)?.[1];
  return anthropic === undefined ? undefined : `${anthropic}-remaining`;
}

/** Larger numbers are Unix times, in seconds or in milliseconds. */
const YEAR_2001 = 1e9;

/** Go's durations, as OpenAI writes them: `6m0s`, `1h2m3.5s`, `20ms`. */
const DURATION =
  /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/;

function resetIn(value: string, wall: number): number | undefined {
  if (NUMBER.test(value)) {
    const number = Number(value);
    if (number >= YEAR_2001 * 1000) return number - wall;
    return number >= YEAR_2001 ? number * 1000 - wall : number * 1000;
  }
  if (RFC_3339.test(value)) return Date.parse(value) - wall;
  const parts = value === "" ? null : DURATION.exec(value);
  if (parts === null) return undefined;
  const [hours = 0, minutes = 0, seconds = 0, ms = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;
}
