/** `http_server.forwards[].cors`. */

import * as v from "valibot";
import { atLeastOne } from "./blocks.ts";
import { saying } from "./marks.ts";
import { fieldName } from "./values.ts";

/** All origins. */
const ANY = "*";

/** Scheme and authority, as the HTML standard writes an origin. Desktop apps and extensions have schemes of their own. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[^\s/?#@*\\]+$/;

const ORIGIN_WORDS = 'an origin such as "https://app.example.com"';

/** What is wrong with a text that is to equal a browser's Origin; undefined when nothing is. */
function originProblem(text: string): string | undefined {
  const found = `found ${JSON.stringify(text)}, expected`;
  if (text === "null") return `${found} ${ORIGIN_WORDS}: every sandboxed page has the origin "null"`;
  if (text.includes("*")) return `${found} ${ORIGIN_WORDS}, or "*" alone for all: there are no patterns`;
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = parsed?.protocol === "http:" || parsed?.protocol === "https:";
  if (parsed !== undefined && isWeb) {
    // A browser sends the canonical form only, and it is compared as it stands.
    return parsed.origin === text
      ? undefined
      : `${found} ${JSON.stringify(parsed.origin)}, as browsers send it`;
  }
  return ORIGIN.test(text) ? undefined : `${found} ${ORIGIN_WORDS}`;
}

const origin = v.pipe(
  v.string(),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value === ANY) return;
    const problem = originProblem(dataset.value);
    if (problem !== undefined) addIssue({ message: saying(problem) });
  }),
  v.description(`${ORIGIN_WORDS}, or "*" for all`),
);

const header = v.pipe(
  fieldName(),
  v.check(
    (name) => name !== ANY,
    saying('found "*", expected a header name: without headers, all are allowed'),
  ),
);

export const cors = v.strictObject({
  origins: v.pipe(
    atLeastOne(origin),
    v.check(
      (origins) => origins.length === 1 || !origins.includes(ANY),
      saying('found "*" among other origins, expected it alone: it is all of them'),
    ),
  ),
  headers: v.optional(atLeastOne(header)),
});
