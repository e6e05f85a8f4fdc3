/** Names and attempts as header field values. */

import type { Trace } from "../upstream/trace.ts";

/** A name as a field value: what is not printable ASCII is percent-encoded UTF-8, since names may be in any script. */
export function fieldText(name: string): string {
  if (/^[ -~]*$/.test(name)) return name;
  const bytes = [...new TextEncoder().encode(name)];
  return bytes
    .map((byte) =>
      byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase()}`,
    )
    .join("");
}

/**
 * A list of all attempts, oldest first: `"a";outcome=reset;ms=12, "b";outcome=status_200;ms=340` (a structured field,
 * RFC 9651 §3.1).
 */
export function traceText(trace: Trace): string {
  return trace
    .map(({ upstream, outcome, ms }) => `${quoted(upstream)};outcome=${outcome};ms=${Math.round(ms)}`)
    .join(", ");
}

function quoted(name: string): string {
  return `"${fieldText(name).replace(/["\\]/g, "\\$&")}"`;
}
