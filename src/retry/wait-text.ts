/** Reads how long to wait from the forms that servers write: numbers, durations and dates. */

/** Unit of a bare number, in milliseconds. */
export type NumberUnit = 1 | 1000;

/** Longer than every form, and short enough for every pattern to be fast (characters). */
const MAX_LENGTH = 100;

/**
 * Reads a wait. It takes numbers (from 10⁹ on Unix times, in seconds or milliseconds), durations with units
 * (`1m30s`, `500ms`, `2 minutes`), ISO 8601 durations (`PT30S`), the dates of HTTP (RFC 9110 §5.6.7) and of mail
 * (RFC 5322, with a numeric zone), RFC 3339 and ISO 8601 dates, and the forms of C's `asctime`, `date` and
 * JavaScript's `Date`. A date without a zone is UTC. Surrounding quotes and spaces are ignored.
 *
 * @param wall Unix time in milliseconds
 * @returns milliseconds from now, negative for the past; undefined for anything else
 */
export function readWait(text: string, wall: number, unit: NumberUnit): number | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const value = text.replace(/^[\s"']+|[\s"']+$/g, "");
  if (value === "") return undefined;
  const ms = numberIn(value, wall, unit) ?? durationIn(value) ?? isoDurationIn(value);
  if (ms !== undefined) return ms;
  const moment = momentIn(value, wall);
  return moment === undefined ? undefined : moment - wall;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;

/** Numbers that are Unix times, in seconds and in milliseconds: the years 2001 to 5138. */
const SECONDS = [1e9, 1e11] as const;
const MILLISECONDS = [1e12, 1e14] as const;

function numberIn(value: string, wall: number, unit: NumberUnit): number | undefined {
  if (!NUMBER.test(value)) return undefined;
  const number = Number(value);
  if (number >= SECONDS[0] && number < SECONDS[1] && unit === 1000) return number * 1000 - wall;
  return number >= MILLISECONDS[0] && number < MILLISECONDS[1] ? number - wall : number * unit;
}

/** Units from the longest to the shortest, in milliseconds, with the ways to write each. */
const UNITS: readonly (readonly [ms: number, names: RegExp])[] = [
  [86_400_000, /^d(?:ays?)?$/],
  [3_600_000, /^h(?:rs?|ours?)?$/],
  [60_000, /^m(?:ins?|inutes?)?$/],
  [1000, /^s(?:ecs?|econds?)?$/],
  [1, /^(?:ms|msecs?|millis|milliseconds?)$/],
  [1e-3, /^(?:[uµμ]s|microseconds?)$/],
  [1e-6, /^(?:ns|nanoseconds?)$/],
];

const DURATION = /^([+-]?)((?:\s*(?:\d+\.?\d*|\.\d+)\s*[a-zµμ]+)+)$/i;
const DURATION_PART = /(\d+\.?\d*|\.\d+)\s*([a-zµμ]+)/gi;

/** Go's durations, protobuf's, and words: each unit at most once, from the longest to the shortest. */
function durationIn(value: string): number | undefined {
  const [, sign, parts = ""] = DURATION.exec(value) ?? [];
  if (parts === "") return undefined;
  let sum = 0;
  let next = 0;
  for (const [, number, name = ""] of parts.matchAll(DURATION_PART)) {
    const index = UNITS.findIndex(([, names]) => names.test(name.toLowerCase()));
    if (index < next) return undefined;
    next = index + 1;
    sum += Number(number) * (UNITS[index]?.[0] ?? 0);
  }
  return sign === "-" ? -sum : sum;
}

/** ISO 8601-1 §5.5.2; years and months are longer than any wait, so that their exact length does not matter. */
const ISO_DURATION =
  /^([+-]?)P(?=[\dT])(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;
const ISO_UNITS = [31_536_000_000, 2_592_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000] as const;

function isoDurationIn(value: string): number | undefined {
  const parts = ISO_DURATION.exec(value);
  if (parts === null) return undefined;
  const sum = ISO_UNITS.reduce((ms, unit, i) => ms + Number(parts[i + 2] ?? 0) * unit, 0);
  return parts[1] === "-" ? -sum : sum;
}

const MONTHS: readonly string[] = [
  "jan",
  "feb",
  "mar",
  "apr",
  "may",
  "jun",
  "jul",
  "aug",
  "sep",
  "oct",
  "nov",
  "dec",
];
const DAY = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\\s+)?";
const MONTH = "(?<month>[a-z]{3})[a-z]*\\.?";
const TIME = "(?<hour>\\d\\d?):(?<minute>\\d\\d)(?::(?<second>\\d\\d)(?<fraction>\\.\\d+)?)?";
const ZONE = "(?<zone>z|ut|utc|gmt|(?:utc|gmt)?[+-]\\d\\d(?::?\\d\\d)?)";

const DATES: readonly RegExp[] = [
  // Thu, 01 Jan 2026 00:00:10 GMT; Thursday, 01-Jan-26 00:00:10 GMT; 1 Jan 2026 00:00 -0000
  `${DAY}(?<day>\\d\\d?)[ -]${MONTH}[ -](?<year>\\d{4}|\\d\\d)\\s+${TIME}(?:\\s*${ZONE})?`,
  // Thu Jan  1 00:00:10 2026; Thu Jan  1 00:00:10 UTC 2026
  `${DAY}${MONTH}\\s+(?<day>\\d\\d?)\\s+${TIME}(?:\\s+${ZONE})?\\s+(?<year>\\d{4})`,
  // Thu Jan 01 2026 01:00:10 GMT+0100 (Central European Standard Time)
  `${DAY}${MONTH}\\s+(?<day>\\d\\d?)\\s+(?<year>\\d{4})\\s+${TIME}(?:\\s*${ZONE})?(?:\\s+\\([^()]*\\))?`,
  // 2026-01-01T00:00:10.5Z; 2026-01-01 01:00:10 +0100; 2026-01-01 00:00:10 +0000 UTC
  `(?<year>\\d{4})-(?<month>\\d\\d)-(?<day>\\d\\d)[t ]${TIME}(?:\\s*${ZONE})?(?:\\s+utc|\\s+gmt)?`,
  "(?<year>\\d{4})(?<month>\\d\\d)(?<day>\\d\\d)t(?<hour>\\d\\d)(?<minute>\\d\\d)(?<second>\\d\\d)(?<zone>z)?",
].map((form) => new RegExp(`^${form}$`, "i"));

/** Unix time in milliseconds of a date. */
function momentIn(value: string, wall: number): number | undefined {
  for (const form of DATES) {
    const groups = form.exec(value)?.groups;
    if (groups !== undefined) return momentOf(groups, wall);
  }
  return undefined;
}

function momentOf(groups: Readonly<Record<string, string | undefined>>, wall: number): number | undefined {
  const { month = "", zone = "" } = groups;
  const field = (name: string): number => Number(groups[name] ?? 0);
  const monthIndex = /^\d/.test(month) ? Number(month) - 1 : MONTHS.indexOf(month.toLowerCase());
  const [day, hour, minute, second] = [field("day"), field("hour"), field("minute"), field("second")];
  // 60 is a leap second.
  if (monthIndex < 0 || monthIndex > 11 || hour > 23 || minute > 59 || second > 60) return undefined;
  const year = groups["year"]?.length === 2 ? fullYear(field("year"), wall) : field("year");
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, monthIndex, day);
  if (midnight.getUTCDate() !== day) return undefined;
  const seconds = (hour * 60 + minute) * 60 + second + field("fraction");
  return midnight.getTime() + seconds * 1000 - offsetOf(zone);
}

/** A year of two digits that seems more than 50 years ahead is in the past (RFC 9110 §5.6.7). */
function fullYear(digits: number, wall: number): number {
  const year = 2000 + digits;
  return year > new Date(wall).getUTCFullYear() + 50 ? year - 100 : year;
}

/** Milliseconds that a zone is ahead of UTC. */
function offsetOf(zone: string): number {
  const [, sign, hours = 0, minutes = 0] = /([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const ms = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === "-" ? -ms : ms;
}
