/** Why upstreams are not available to a request. */

/**
 * Why an upstream may not be sent a request. `down`: its health check. `open`: its circuit breaker. `cooling`: it asked
 * to be left alone, or refuses the proxy's own credentials. `full`: its `max_in_flight` or `ratelimit`. `limited`: a 429
 * for the request's credentials and model.
 */
export type Away = "down" | "open" | "cooling" | "full" | "limited";

/** What becomes of a request that may be sent to none of a group's upstreams. */
export interface NoUpstreamAvailable {
  readonly kind: "no_upstream_available";
  readonly group: string;
  /** Until the first of them may be sent it. */
  readonly retryAfterMs: number;
  /** Why each of them may not, in the group's order. */
  readonly away: readonly Away[];
}

/** `2 limited, 1 open`: counts, since a group may have a thousand upstreams. */
export function awayText(away: readonly Away[]): string {
  const counts = new Map<Away, number>();
  for (const why of away) counts.set(why, (counts.get(why) ?? 0) + 1);
  return [...counts].map(([why, count]) => `${count} ${why}`).join(", ");
}
