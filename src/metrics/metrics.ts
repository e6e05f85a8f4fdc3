/** What the proxy counts, as functions named for what happened. The only place that knows prom-client is this folder. */

import type { ProcessStats } from "../runtime/runtime.ts";
import { CONTENT_TYPE, createExposition } from "./exposition.ts";
import { createFamilies, type Families } from "./families.ts";
import { methodLabel, urlLabel } from "./labels.ts";
import { registerProcessMetrics } from "./process.ts";

export interface Metrics {
  /** The counters of one forward. */
  forward(name: string): ForwardMetrics;
  /**
   * The counters of one upstream in one group. `url` must be absolute; it is shown without credentials and query.
   *
   * @param state asked at every scrape
   */
  member(group: string, upstream: string, url: string, state: () => UpstreamState): MemberMetrics;
  /** A defect of the proxy itself showed. */
  internalError(): void;
  /** All metrics in Prometheus' text format 0.0.4. */
  text(): Promise<string>;
  /** The media type of {@link Metrics.text}. */
  readonly contentType: string;
}

export interface ForwardMetrics {
  /** The counters of one kind of request. `path` must be a bounded label already: see `path-label.ts`. */
  request(method: string, path: string): RequestMetrics;
  /** A client got a 4xx or 5xx, or left (499). `error` comes from the table of failures. */
  error(error: string, status: number): void;
  rateLimited(): void;
  /** A request failed inside the proxy. */
  internalError(): void;
  /** Accepting paused, or a connection was closed at once, for lack of file descriptors. */
  notAccepted(): void;
  routed(group: string): void;
}

/** Times are seconds. */
export interface RequestMetrics {
  started(): void;
  ended(seconds: number): void;
}

export const UPSTREAM_STATES = ["up", "open", "cooling", "down"] as const;
export type UpstreamState = (typeof UPSTREAM_STATES)[number];

export type BreakerStateName = "closed" | "open" | "half_open";

/** Times are seconds. */
export interface MemberMetrics {
  /** An attempt begins: counted, and in flight until {@link MemberMetrics.ended}. */
  started(): void;
  ended(seconds: number): void;
  /** `error` and `reason` come from the table of failures. */
  failed(error: string): void;
  retried(reason: string): void;
  firstByte(seconds: number): void;
  firstToken(seconds: number): void;
  breakerCall(result: "success" | "failure" | "rejected"): void;
  breakerChanged(from: BreakerStateName, to: BreakerStateName): void;
}

export interface MetricsInfo {
  readonly runtime: string;
  readonly version: string;
  /** Read once at the start, to learn which figures there are, and at every scrape. */
  readonly processStats: () => ProcessStats;
}

/**
 * Makes the metrics of one proxy.
 *
 * The cells of a metric (its series) are resolved once and kept, so that counting costs some nanoseconds: prom-client's
 * own children put their labels together anew each time, for 0.3–0.5 µs. Series whose labels are known from the
 * configuration exist from the start, at 0, so that a rate over the first event is right.
 */
export function createMetrics({ runtime, version, processStats }: MetricsInfo): Metrics {
  const exposition = createExposition();
  const families = createFamilies(exposition);
  families.buildInfo.cell({ runtime, version }).set(1);
  const internalErrors = families.internalErrors.cell({});
  internalErrors.show();
  const updateProcess = registerProcessMetrics(exposition, processStats);
  const updates: (() => void)[] = [updateProcess];
  return {
    forward: (name) => forwardMetrics(families, name),
    member(group, upstream, url, state) {
      updates.push(stateGauges(families, { group, upstream }, state));
      return memberMetrics(families, group, upstream, urlLabel(url));
    },
    internalError: () => internalErrors.inc(),
    text() {
      for (const update of updates) update();
      return exposition.text();
    },
    contentType: CONTENT_TYPE,
  };
}

function forwardMetrics(families: Families, forward: string): ForwardMetrics {
  const internalErrors = families.internalErrors.cell({});
  const rateLimited = families.rateLimited.cell({ forward });
  rateLimited.show();
  const acceptErrors = families.acceptErrors.cell({ forward });
  acceptErrors.show();
  const requests = memoize((method: string) =>
    memoize((path: string) => requestMetrics(families, { forward, method, path })),
  );
  const routed = memoize((group: string) => families.routeMatches.cell({ forward, group }));
  const errors = memoize((error: string) =>
    memoize((status: number) => families.httpErrors.cell({ forward, error, status: String(status) })),
  );
  return {
    request: (method, path) => requests(methodLabel(method))(path),
    error: (error, status) => errors(error)(status).inc(),
    rateLimited: () => rateLimited.inc(),
    internalError: () => internalErrors.inc(),
    notAccepted: () => acceptErrors.inc(),
    routed: (group) => routed(group).inc(),
  };
}

function requestMetrics(
  families: Families,
  labels: { readonly forward: string; readonly method: string; readonly path: string },
): RequestMetrics {
  const requests = families.httpRequests.cell(labels);
  const duration = families.httpDuration.cell(labels);
  return {
    started: () => requests.inc(),
    ended: (seconds) => duration.observe(seconds),
  };
}

function memberMetrics(families: Families, group: string, upstream: string, url: string): MemberMetrics {
  const labels = { group, upstream };
  const requests = families.upstreamRequests.cell(labels);
  const inFlight = families.inFlight.cell(labels);
  const duration = families.upstreamDuration.cell(labels);
  const firstByte = families.firstByte.cell(labels);
  const firstToken = families.firstToken.cell(labels);
  const errors = memoize((error: string) => families.upstreamErrors.cell({ error, ...labels }));
  const retries = memoize((reason: string) => families.retries.cell({ ...labels, reason }));
  const breakerCalls = memoize((result: string) => families.breakerCalls.cell({ ...labels, url, result }));

  requests.show();
  inFlight.show();
  duration.show();
  return {
    started() {
      requests.inc();
      inFlight.inc();
    },
    ended(seconds) {
      inFlight.dec();
      duration.observe(seconds);
    },
    failed: (error) => errors(error).inc(),
    retried: (reason) => retries(reason).inc(),
    firstByte: (seconds) => firstByte.observe(seconds),
    firstToken: (seconds) => firstToken.observe(seconds),
    breakerCall: (result) => breakerCalls(result).inc(),
    breakerChanged: (from, to) => families.breakerChanges.cell({ ...labels, url, from, to }).inc(),
  };
}

/** Shows an upstream's state: it changes by time alone too, so it is asked for when it is looked at. */
function stateGauges(
  families: Families,
  labels: { readonly group: string; readonly upstream: string },
  currentState: () => UpstreamState,
): () => void {
  const gauges = UPSTREAM_STATES.map(
    (state) => [state, families.upstreamState.cell({ ...labels, state })] as const,
  );
  return () => {
    const current = currentState();
    for (const [state, gauge] of gauges) gauge.set(state === current ? 1 : 0);
  };
}

/** Keeps what was made for each key. The keys are label values, which are bounded. */
function memoize<K, T>(make: (key: K) => T): (key: K) => T {
  const made = new Map<K, T>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) {
      value = make(key);
      made.set(key, value);
    }
    return value;
  };
}
