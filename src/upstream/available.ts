/**
 * The upstreams of a group that may be sent a request. The list is cached. It is rebuilt only when an upstream reports
 * a change, or when the time has come at which one is available again.
 */

import type { LimitScope } from "./limit-scope.ts";
import type { Upstream } from "./upstream.ts";

/**
 * The members that may be sent a request at `now` (monotonic ms), in order; with `scope`, a request of that scope.
 * The array stays the same object as long as nothing changes: then none of its members was unavailable in between.
 */
export type Available<M> = (now: number, scope?: LimitScope<M>) => readonly M[];

/** What availability is made of. */
interface Watched {
  readonly upstream: Pick<Upstream, "availableAt" | "limits" | "onChange">;
}

export function createAvailable<M extends Watched>(members: readonly M[]): Available<M> {
  const times = Float64Array.from(members, ({ upstream }) => upstream.availableAt);
  let available: readonly M[] = [];
  /** When `available` holds. A caller's time may go back: a wait can be taken for over a moment early. */
  let since = Number.POSITIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;
  /** When the last limit of a member ends. After that, scopes need not be looked at. */
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

/** Milliseconds until `member` may be sent a request of `scope`, its limits included; 0 when it may now. */
export function availableIn<M extends { readonly upstream: Pick<Upstream, "availableIn" | "limits"> }>(
  member: M,
  now: number,
  scope: LimitScope<M>,
): number {
  return Math.max(member.upstream.availableIn(now), limitOf(member, scope, now));
}

/**
 * Milliseconds. The scope is computed only where there is a limit, since that may take a look into the request's body.
 */
function limitOf<M extends { readonly upstream: Pick<Upstream, "limits"> }>(
  member: M,
  scope: LimitScope<M>,
  now: number,
): number {
  const { limits } = member.upstream;
  return now >= limits.until ? 0 : limits.availableIn(scope.of(member), now);
}
