/** Names and attempts as header field values. */

import { statusReason } from "../base/errors.ts";
import type { Trace } from "../group/trace.ts";

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
 * Lists all attempts, oldest first, each after the redirects that it followed:
 * `"a";outcome=reset;ms=12, "b";outcome=status_307;ms=3, "b";outcome=status_200;ms=340` (a structured field, RFC 9651
 * §3.1).
 */
export function traceText(trace: Trace): string {
  return trace
    .flatMap(({ upstream, outcome, ms, redirects = [] }) => [
      ...redirects.map(({ status, ms: took }) => entry(upstream, statusReason(status), took)),
      entry(upstream, outcome, ms),
    ])
    .join(", ");
}

/** A group may try hundreds of upstreams for one request: its log line lists this many of the last attempts. */
const LOGGED_ATTEMPTS = 20;

/**
 * The attempts for the log, where there were several: the upstream that answered need not be the one that failed.
 *
 * @param all lists every attempt, and a single one too
 */
export function loggedTrace(trace: Trace, all: boolean): string | undefined {
  if (all) return trace.length > 0 ? traceText(trace) : undefined;
  return trace.length > 1 ? traceText(trace.slice(-LOGGED_ATTEMPTS)) : undefined;
}

function entry(upstream: string, outcome: string, ms: number): string {
  return `${quoted(upstream)};outcome=${outcome};ms=${Math.round(ms)}`;
}

function quoted(name: string): string {
  return `"${fieldText(name).replace(/["\\]/g, "\\$&")}"`;
}
