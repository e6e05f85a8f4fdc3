/** Reads when an upstream may be tried again. */

import { retryDelayIn } from "../llm/retry-info.ts";
import type { HeaderPair } from "../runtime/runtime.ts";
import { LONGEST_COOL_DOWN } from "../upstream/cool-down.ts";
import { type NumberUnit, readWait } from "./wait-text.ts";

/** A longer field is not looked at (characters). */
const LONGEST_FIELD = 1000;

/** Statuses with which the fields of a rate limit count: others may have them as well. */
const LIMITED: ReadonlySet<number> = new Set([429, 503]);

/**
 * Reads `retry-after-ms`, or else Retry-After (RFC 9110 §10.2.3), in any form that {@link readWait} knows; of several
 * values the longest counts. A 429 or 503 with neither may have the fields of a rate limit: then it is the longest reset
 * of those dimensions of which nothing remains.
 *
 * @param wall Unix time in milliseconds
 * @returns milliseconds from now, 0–600,000; undefined when there is none or it can't be read
 */
export function retryAfterOf(
  headers: readonly HeaderPair[],
  status: number,
  wall: number,
): number | undefined {
  const exact = longestOf(headers, "retry-after-ms", wall, 1);
  if (exact !== undefined) return bounded(exact);
  if (headers.some(([name]) => name === "retry-after")) {
    return bounded(longestOf(headers, "retry-after", wall, 1000));
  }
  return LIMITED.has(status) ? bounded(longestReset(headers, wall)) : undefined;
}

/**
 * Reads how long an error's body asks to wait, where its fields do not.
 *
 * @param wall Unix time in milliseconds
 * @returns milliseconds from now, 0–600,000; undefined when it does not say
 */
export function retryAfterIn(body: Uint8Array, wall: number): number | undefined {
  const delay = retryDelayIn(body);
  return delay === undefined ? undefined : bounded(readWait(delay, wall, 1000));
}

function longestOf(
  headers: readonly HeaderPair[],
  field: string,
  wall: number,
  unit: NumberUnit,
): number | undefined {
  const waits = headers
    .filter(([name]) => name === field)
    .flatMap(([, value]) => valuesIn(value))
    .flatMap((value) => readWait(value, wall, unit) ?? []);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** The name of the day with which a date begins. The comma after it does not separate values. */
const DAY = /^\s*["']?(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*$/i;

/** Splits a field that may be several fields joined by commas (RFC 9110 §5.3). */
function valuesIn(value: string): readonly string[] {
  if (!value.includes(",")) return [value];
  if (value.length > LONGEST_FIELD) return [];
  const values: string[] = [];
  for (const part of value.split(",")) {
    const last = values.at(-1);
    if (last !== undefined && DAY.test(last)) values[values.length - 1] = `${last},${part}`;
    else values.push(part);
  }
  return values;
}

function bounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.min(LONGEST_COOL_DOWN, Math.max(0, ms));
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
    const ms = readWait(value, wall, 1000);
    if (ms !== undefined && (longest === undefined || ms > longest)) longest = ms;
  }
  return longest;
}

/** The `remaining` field that belongs to the `reset` field `name`; undefined for other fields. */
function remainingFieldOf(name: string): string | undefined {
  const common = RESET.exec(name);
  if (common !== null) return `x-ratelimit-remaining${common[1] ?? ""}`;
  const anthropic = ANTHROPIC_RESET.exec(name)?.[1];
  return anthropic === undefined ? undefined : `${anthropic}-remaining`;
}
