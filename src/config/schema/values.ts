/** The kinds of values: each with its range, its unit and what it allows in words. */

import * as v from "valibot";
import { Secret } from "../../base/secret.ts";
import { isHost, isIpOrRange } from "../address.ts";
import { isFilePath } from "../pem.ts";
import { hasCredentials, parseHttpUrl } from "../url.ts";
import { mark, saying } from "./marks.ts";

export function integer(min: number, max: number, unit = "a whole number") {
  return v.pipe(
    v.number(),
    v.integer(),
    v.minValue(min),
    v.maxValue(max),
    v.description(`${unit} from ${min} to ${max}`),
  );
}

export function fraction(min: number, max: number) {
  return v.pipe(
    v.number(),
    v.minValue(min),
    v.maxValue(max),
    v.description(`a number from ${min} to ${max}`),
  );
}

/** Seconds in the file, milliseconds in the program. */
export function seconds(min: number, max: number) {
  return v.pipe(
    v.number(),
    v.minValue(min),
    v.maxValue(max),
    v.description(`a number of seconds from ${min} to ${max}`),
    v.transform((value) => Math.round(value * 1000)),
  );
}

export function milliseconds(min: number, max: number) {
  return integer(min, max, "a whole number of milliseconds");
}

export function boolean() {
  return v.pipe(v.boolean(), v.description("true or false"));
}

export function oneOf<const T extends readonly string[]>(options: T) {
  return v.pipe(v.picklist(options), v.description(`one of ${options.join(", ")}`));
}

const UNITS: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

const SIZE = /^(\d+)(KiB|MiB|GiB)$/;

/** Bytes as a number, or a text with a binary unit. */
export function size(min: number) {
  return v.pipe(
    v.union([v.pipe(v.number(), v.integer(), v.minValue(min)), v.pipe(v.string(), v.regex(SIZE))]),
    v.check((value) => Number.isSafeInteger(toBytes(value)) && toBytes(value) >= min),
    v.description(`at least ${min} bytes, as a number or as 512KiB, 64MiB, 1GiB`),
    v.transform(toBytes),
  );
}

/** NaN when it is no size. */
function toBytes(value: number | string): number {
  if (typeof value === "number") return value;
  const [, digits, unit] = SIZE.exec(value) ?? [];
  return Number(digits) * (UNITS[unit ?? ""] ?? Number.NaN);
}

/** Unicode's control characters: C0, DEL and C1. */
const CONTROL = /\p{Cc}/u;
/** A field value (RFC 9110 §5.5) as fetch takes it: one byte a character, no control character but tab. */
const FIELD_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]+$/;
/** A field name (RFC 9110 §5.1). */
const FIELD_NAME = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;

export function name() {
  return v.pipe(
    v.string(),
    v.regex(/\S/),
    v.check((text) => !CONTROL.test(text)),
    v.description("a text that is not empty"),
  );
}

export function file() {
  // Secret, because the key itself may be written where its path belongs.
  return v.pipe(
    v.string(),
    v.check(isFilePath),
    v.description("the path of a PEM file"),
    mark({ secret: true }),
  );
}

export function fieldValue() {
  return v.pipe(v.string(), v.regex(FIELD_VALUE), v.description(FIELD_VALUE_WORDS));
}

const FIELD_VALUE_WORDS = "a header value: not empty, one line, no control or non-Latin characters";

export function secretFieldValue() {
  return v.pipe(fieldValue(), mark({ secret: true }), v.transform(toSecret));
}

export function fieldName() {
  return v.pipe(
    v.string(),
    v.regex(FIELD_NAME),
    v.description("a header name"),
    v.transform((text) => text.toLowerCase()),
  );
}

/** A password is encoded before it is sent: any text will do. */
export function password() {
  return v.pipe(
    v.string(),
    v.nonEmpty(),
    v.check((text) => !CONTROL.test(text)),
    v.description("a text that is not empty and has no control characters"),
    mark({ secret: true }),
    v.transform(toSecret),
  );
}

/** A user-id has no colon (RFC 7617 §2). */
export function username() {
  return v.pipe(
    v.string(),
    v.regex(/^[^:]+$/),
    v.check((text) => !CONTROL.test(text)),
    v.description("a text that is not empty and has no colon"),
  );
}

export function address() {
  return v.pipe(v.string(), v.check(isHost), v.description("an IP address or a host name"));
}

export function ipOrRange() {
  return v.pipe(v.string(), v.check(isIpOrRange), v.description("an IP address or a CIDR range"));
}

/** An upstream's URL: no fragment, no credentials. */
export function upstreamUrl() {
  return v.pipe(
    v.string(),
    v.check((text) => parseHttpUrl(text) !== undefined),
    v.description("an http or https URL"),
    mark({ url: true }),
    v.check((text) => !text.includes("#"), saying("found a URL with a fragment, expected one without")),
    v.check((text) => {
      const url = parseHttpUrl(text);
      return url === undefined || !hasCredentials(url);
    }, saying("found a URL with credentials, expected them in auth (type: basic, username, password)")),
  );
}

/** An outbound proxy's URL, with its credentials still in it. */
export function proxyUrl() {
  return v.pipe(
    v.string(),
    v.check((text) => parseHttpUrl(text) !== undefined),
    v.description("the URL of an HTTP proxy, http or https"),
    mark({ url: true }),
  );
}

/** A path on a host: no scheme, no host. */
export function urlPath() {
  return v.pipe(v.string(), v.regex(/^\/[^\s#]*$/), v.description("a path that begins with /"));
}

function toSecret(value: string): Secret {
  return new Secret(value);
}
