/** Requests that come back to the forward that sent them: found by the Via field (RFC 9110 §7.6.3). */

import type { Random } from "../base/clock.ts";
import type { ProxyFailure } from "../base/errors.ts";

/** Base 36, so that it is a token and reads the same in any case. */
const ID_LENGTH = 10;

/**
 * A name for this process in the Via fields of its requests, such as `llmproxy-x7k2m9q4t1`: another one at each start,
 * so that two proxies in a row are no loop.
 */
export function createPseudonym(random: Random): string {
  const id = Math.floor(random() * 36 ** ID_LENGTH).toString(36);
  return `llmproxy-${id.padStart(ID_LENGTH, "0")}`;
}

/** The failure of a request that has been sent under `pseudonym` before, or undefined. */
export function loopOf(headers: Headers, pseudonym: string): ProxyFailure | undefined {
  const via = headers.get("via");
  if (via === null || !via.includes(pseudonym)) return undefined;
  return receivers(via).includes(pseudonym) ? { kind: "loop_detected" } : undefined;
}

/** Who received the message on its way: the second word of each entry, before a comment. */
function receivers(via: string): readonly (string | undefined)[] {
  return via.split(",").map((entry) => entry.trim().split(/[ \t]+/)[1]);
}
