/** Why upstreams are not available to a request. */

/**
 * Why an upstream can't be sent a request. `down`: its health check fails. `open`: its circuit breaker is open.
 * `cooling`: it asked for a pause, or refuses the proxy's own credentials. `full`: its `max_in_flight` or `ratelimit` is
 * used up. `limited`: a 429 limits the request's credential and model.
 */
export type Unavailability = "down" | "open" | "cooling" | "full" | "limited";

/** The failure of a request that could be sent to none of its group's upstreams. */
export interface NoUpstreamAvailable {
  readonly kind: "no_upstream_available";
  readonly group: string;
  /** Milliseconds until the first of them is available. */
  readonly retryAfterMs: number;
  /** Why each of them is not, in the group's order. */
  readonly reasons: readonly Unavailability[];
}

/** Counts the reasons, since a group may have a thousand upstreams: `2 limited, 1 open`. */
export function reasonsText(reasons: readonly Unavailability[]): string {
  const counts = new Map<Unavailability, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).join(", ");
}
