/**
 * Who of a group may be sent a request. That is kept, and looked at anew only when an upstream says that it has changed
 * or the time has come at which one is back: among a thousand, most requests find it as the last one left it.
 */

import type { Upstream } from "./upstream.ts";

/**
 * Those that may be sent a request at `now` (monotonic ms), in order. It is the same array as long as nothing changes:
 * one that is given again holds what it held, and none of its members was away in between.
 */
export type Available<M> = (now: number) => readonly M[];

export function createAvailable<M extends { readonly upstream: Pick<Upstream, "availableAt" | "onChange"> }>(
  members: readonly M[],
): Available<M> {
  const times = Float64Array.from(members, ({ upstream }) => upstream.availableAt);
  let available: readonly M[] = [];
  /** From when until when `available` is right. Time goes back where a wait was taken for over a moment early. */
  let since = Number.POSITIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;

  for (const [place, { upstream }] of members.entries()) {
    upstream.onChange(() => {
      times[place] = upstream.availableAt;
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

  return (now) => {
    if (now < since || now >= until) look(now);
    return available;
  };
}
