/** Every metric of the proxy: its name, its labels and what it counts. */

import type { Registering } from "./exposition.ts";
import { type Family, registerFamily } from "./family.ts";
import { HistogramCell, histogramShape } from "./histogram-cell.ts";
import { type CounterCell, type GaugeCell, NumberCell } from "./number-cell.ts";

/** Seconds: from a cached answer (5 ms) to a long reasoning stream (10 min). */
export const DURATION_BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
];

export type Families = ReturnType<typeof createFamilies>;

/** Registers them all. Names and labels are a contract with dashboards and alerts: don't change them. */
export function createFamilies(registry: Registering) {
  const number = <T extends string>(
    type: "counter" | "gauge",
    name: string,
    help: string,
    labelNames: readonly T[],
  ): Family<T, NumberCell> =>
    registerFamily<T, NumberCell>(registry, {
      name,
      help,
      type,
      labelNames,
      createCell: (labels, written) => new NumberCell(labels, written),
    });
  const counter = <T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
  ): Family<T, CounterCell> => number("counter", name, help, labelNames);
  const gauge = <T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
  ): Family<T, GaugeCell> => number("gauge", name, help, labelNames);
  const histogram = <T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
  ): Family<T, HistogramCell> => {
    const shape = histogramShape(name, DURATION_BUCKETS);
    return registerFamily<T, HistogramCell>(registry, {
      name,
      help,
      type: "histogram",
      labelNames,
      createCell: (labels, written) => new HistogramCell(shape, labels, written),
    });
  };

  const member = ["group", "upstream"] as const;
  const request = ["forward", "method", "path"] as const;
  const breaker = ["group", "upstream", "url"] as const;
  return {
    upstreamRequests: counter("llmproxy_upstream_requests_total", "Attempts sent to an upstream.", member),
    upstreamDuration: histogram(
      "llmproxy_upstream_duration_seconds",
      "Time of an attempt to the end of its body.",
      member,
    ),
    upstreamErrors: counter("llmproxy_upstream_errors_total", "Failed attempts.", ["error", ...member]),
    httpRequests: counter("llmproxy_http_requests_total", "Requests of clients.", request),
    httpDuration: histogram(
      "llmproxy_http_request_duration_seconds",
      "Time of a client's request to the end of its answer's body.",
      request,
    ),
    httpErrors: counter(
      "llmproxy_http_request_errors_total",
      "Answers with 4xx or 5xx given to clients, and clients that left (499).",
      ["forward", "error", "status"],
    ),
    rateLimited: counter("llmproxy_ratelimit_total", "Requests refused because their client sent too many.", [
      "forward",
    ]),
    acceptErrors: counter(
      "llmproxy_accept_errors_total",
      "Pauses of accepting, and connections closed at once, for lack of file descriptors.",
      ["forward"],
    ),
    breakerChanges: counter(
      "llmproxy_circuitbreaker_state_changes_total",
      "Changes of a circuit breaker's state.",
      [...breaker, "from", "to"],
    ),
    breakerCalls: counter(
      "llmproxy_circuitbreaker_calls_total",
      "Calls that a circuit breaker judged or rejected.",
      [...breaker, "result"],
    ),
    routeMatches: counter("llmproxy_route_matches_total", "Requests by the group they were routed to.", [
      "forward",
      "group",
    ]),
    retries: counter("llmproxy_retries_total", "Failed attempts after which the request was sent again.", [
      ...member,
      "reason",
    ]),
    inFlight: gauge("llmproxy_in_flight_requests", "Attempts that an upstream is serving now.", member),
    upstreamState: gauge("llmproxy_upstream_state", "1 for the state an upstream is in, 0 for the others.", [
      ...member,
      "state",
    ]),
    firstByte: histogram(
      "llmproxy_time_to_first_byte_seconds",
      "Time to an answer's first body byte.",
      member,
    ),
    firstToken: histogram(
      "llmproxy_time_to_first_token_seconds",
      "Time to a stream's first content.",
      member,
    ),
    internalErrors: counter(
      "llmproxy_internal_errors_total",
      "Defects of the proxy itself: errors that no code caught, and requests that failed inside it.",
      [],
    ),
    buildInfo: gauge("llmproxy_build_info", "Always 1; its labels tell what is running.", [
      "runtime",
      "version",
    ]),
  };
}
