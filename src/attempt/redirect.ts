/** Follows redirects of an upstream to its own origin: `http_client.redirects: follow`. */

import type { Clock } from "../base/clock.ts";
import type { FetchInit, UpstreamFetch } from "../runtime/runtime.ts";
import { canBePassedOn } from "./framing.ts";

/** A redirect that was followed. */
export interface Redirect {
  readonly status: number;
  /** Milliseconds from the request to the redirect. */
  readonly ms: number;
}

/** Most redirects that are followed in one attempt. */
const MAX_REDIRECTS = 3;

/**
 * Statuses that are followed, and for which methods. 307 and 308 keep the method and the body (RFC 9110 §15.4.8–9).
 * After 301 and 302 clients may change a POST to GET (§15.4.2–3), so they are followed only for methods that stay the
 * same. A 303 names another resource (§15.4.4) and is passed on.
 */
const FOLLOWED: Readonly<Record<number, ReadonlySet<string> | "all">> = {
  301: new Set(["GET", "HEAD"]),
  302: new Set(["GET", "HEAD"]),
  307: "all",
  308: "all",
};

/**
 * Sends a request and follows redirects to the same origin. Any other redirect, and one past {@link MAX_REDIRECTS}, is
 * the answer. A redirect does not extend the attempt's deadline. Rejects as {@link UpstreamFetch.fetch} does.
 *
 * @param init its body is sent again, so it must not be a stream
 * @param followed gets each redirect that is followed
 */
export async function fetchFollowing(
  client: UpstreamFetch,
  url: string,
  init: FetchInit,
  followed: Redirect[],
  clock: Clock,
): Promise<Response> {
  let target = url;
  let began = clock.now();
  let response = await client.fetch(target, init);
  const again: FetchInit = { ...init, onProgress() {} };
  for (let i = 0; i < MAX_REDIRECTS && !init.signal.aborted; i += 1) {
    const next = canBePassedOn(response) ? targetOf(response, init.method, target) : undefined;
    if (next === undefined) break;
    const now = clock.now();
    followed.push({ status: response.status, ms: now - began });
    // Not waited for: it may never end.
    response.body?.cancel().catch(() => undefined);
    target = next;
    began = now;
    response = await client.fetch(target, again);
  }
  return response;
}

/** A URI reference consists of these characters (RFC 3986 §2). */
const REFERENCE = /^[\x21-\x7e]+$/;

/** The target of a redirect (RFC 9110 §10.2.2); undefined for one that is not followed, and for other answers. */
function targetOf({ status, headers }: Response, method: string, from: string): string | undefined {
  const methods = FOLLOWED[status];
  if (methods === undefined || !(methods === "all" || methods.has(method))) return undefined;
  const location = headers.get("location")?.trim() ?? "";
  if (!REFERENCE.test(location) || !URL.canParse(location, from)) return undefined;
  const to = new URL(location, from);
  if (to.origin !== new URL(from).origin || to.username !== "" || to.password !== "") return undefined;
  to.hash = "";
  return to.href;
}
