/**
 * The upstreams of a group that may be sent a request. The list is kept, and made anew only when an upstream reports a
 * change or the time has come at which one is back: among a thousand, most requests find it as the last one left it.
 */

import type { LimitScope } from "./limit-scope.ts";
import type { Upstream } from "./upstream.ts";

/**
 * The members that may be sent a request at `now` (monotonic ms), in order; with `scope`, a request of that scope.
 * It is the same array as long as nothing changes: one that is given again holds what it held, and none of its members
 * was away in between.
 */
export type Available<M> = (now: number, scope?: LimitScope<M>) => readonly M[];

/** What availability is made of. */
interface Watched {
  readonly upstream: Pick<Upstream, "availableAt" | "limits" | "onChange">;
}

export function createAvailable<M extends Watched>(members: readonly M[]): Available<M> {
  const times = Float64Array.from(members, ({ upstream }) => upstream.availableAt);
  let available: readonly M[] = [];
  /** From when until when `available` is right. Time goes back where a wait was taken for over a moment early. */
  let since = Number.POSITIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;
  /** From when on no member has a limit: then scopes need not be looked at. */
  let limitedUntil = Number.NEGATIVE_INFINITY;

  for (const [place, { upstream }] of members.entries()) {
    upstream.onChange(() => {
      times[place] = upstream.availableAt;
      limitedUntil = Math.max(limitedUntil, upstream.limits.until);
      until = Number.NEGATIVE_INFINITY;
    });
  }

  function look(now: number): void {
    const found = members.slice();
    let count = 0;
    let next = Number.POSITIVE_INFINITY;
    for (let i = 0; i < members.length; i += 1) {
      const at = times[i];
      const member = members[i];
      if (at === undefined || member === undefined) continue;
      if (at > now) next = Math.min(next, at);
      else {
        found[count] = member;
        count += 1;
      }
    }
    found.length = count;
    available = found;
    since = now;
    until = next;
  }

  return (now, scope) => {
    if (now < since || now >= until) look(now);
    if (scope === undefined || now >= limitedUntil) return available;
    const isFree = (member: M): boolean => limitOf(member, scope, now) === 0;
    return available.every(isFree) ? available : available.filter(isFree);
  };
}

/** How a request waits for upstreams: whatever else keeps them away, and the limits of its own scope. */
export function availableIn<M extends { readonly upstream: Pick<Upstream, "availableIn" | "limits"> }>(
  member: M,
  now: number,
  scope: LimitScope<M>,
): number {
  return Math.max(member.upstream.availableIn(now), limitOf(member, scope, now));
}

/** The scope is found only where there is a limit: that may take a look into the request's body. */
function limitOf<M extends { readonly upstream: Pick<Upstream, "limits"> }>(
  member: M,
  scope: LimitScope<M>,
  now: number,
): number {
  const { limits } = member.upstream;
  return now >= limits.until ? 0 : limits.availableIn(scope.of(member), now);
}
