/** Label values that come from outside, made bounded and free of secrets. */

/** RFC 9110 §9.3 and PATCH (RFC 5789): a client can invent any other. */
const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
]);

/** The method itself, which is case-sensitive, or `other`. */
export function methodLabel(method: string): string {
  return METHODS.has(method) ? method : "other";
}

/** An upstream's URL without user, password, query and fragment: Azure's and Gemini's queries may carry keys. */
export function urlLabel(url: string): string {
  const { origin, pathname } = new URL(url);
  return pathname === "/" ? origin : `${origin}${pathname}`;
}
