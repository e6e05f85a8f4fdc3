/** What a group has for the client in the end: an upstream's answer, or why there is none. */

import type { PassableAnswer } from "../attempt/kept-answer.ts";
import type { Tried } from "../attempt/tried.ts";
import type { Failure } from "../base/errors.ts";
import type { Unavailability } from "../base/unavailable.ts";
import type { Member } from "../upstream/member.ts";
import type { RequestAvailability } from "../upstream/request-availability.ts";
import type { Upstream } from "../upstream/upstream.ts";

export type Result =
  | { readonly type: "answer"; readonly answer: PassableAnswer }
  | { readonly type: "failure"; readonly failure: Failure };

/** The client left while the next attempt was waited for. */
export const LEFT: Result = { type: "failure", failure: { kind: "client_closed" } };

/** No member may be tried. Retry-After says when the first one may. */
export function noneAvailable(
  group: string,
  members: readonly Member[],
  { availableIn }: Pick<RequestAvailability, "availableIn">,
  now: number,
): Result {
  const reasons = members.map(({ upstream }) => reasonOf(upstream, now));
  const retryAfterMs = Math.min(...members.map((member) => availableIn(member, now)));
  return { type: "failure", failure: { kind: "no_upstream_available", group, retryAfterMs, reasons } };
}

function reasonOf(upstream: Upstream, now: number): Unavailability {
  const state = upstream.state(now);
  if (state !== "up") return state;
  return upstream.availableIn(now) > 0 ? "full" : "limited";
}

/** What the last attempt came to, as it is. */
export function resultOf(tried: Tried, { group, name }: Member): Result {
  if (tried.type === "answer") return tried;
  if (tried.type === "client") return { type: "failure", failure: tried.failure };
  return { type: "failure", failure: { kind: "upstream", failure: tried.failure, group, upstream: name } };
}
