/**
 * One client's request and its answer, from the first look at it to its one end: the log line, the HTTP metrics and
 * the count of what is running hang on that end.
 */

import type { Clock } from "../base/clock.ts";
import { describe, type Failure, type ReportedFailure, toResponse, UPSTREAM_STATUS } from "../base/errors.ts";
import { reasonsText } from "../base/unavailable.ts";
import type { GroupAnswer } from "../group/group.ts";
import type { AccessRecord, Log } from "../log/log.ts";
import type { AnswerObserver, StreamEnd } from "../message/request.ts";
import type { ForwardMetrics, RequestMetrics } from "../metrics/metrics.ts";
import type { PathLabels } from "../metrics/path-label.ts";
import type { HeaderPair, Runtime } from "../runtime/runtime.ts";
import { isCorsField } from "./cors.ts";
import { fieldText, loggedTrace, traceText } from "./trace-text.ts";

export interface ExchangeDeps {
  readonly forward: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ForwardMetrics;
  readonly pathLabels: PathLabels;
  readonly createResponse: Runtime["createResponse"];
  /** Whether answers and the log list every attempt (`--debug`). */
  readonly tracing: boolean;
  /** Called at the end. */
  readonly onEnd: () => void;
}

export interface Exchange {
  readonly id: string;
  /** Observes an upstream's body that is passed on. */
  readonly observer: AnswerObserver;
  /** Notes where the request was routed to, before it is sent. */
  routed(group: string, pattern: string | undefined): void;
  /** Says how many bytes of the request's body came. */
  countBytesIn(count: () => number): void;
  /** Makes the client's answer out of what a group has. */
  answer(answer: GroupAnswer): Response;
  /** Answers a preflight with these fields, and ends. */
  allow(fields: readonly HeaderPair[]): Response;
  /** Answers for the proxy itself, and ends. */
  refuse(failure: Failure): Response;
}

const NOTHING_YET = { trace: [], upstream: undefined, reason: undefined };

/** A client's own id is taken over when it can do no harm in a header or a log. */
const SANE_ID = /^[\w.:+/=@-]{1,128}$/;

export function openExchange(
  request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Headers;
    readonly client: string;
    /** The fields of CORS in place of an upstream's own; undefined: those pass. */
    readonly allowing: readonly HeaderPair[] | undefined;
  },
  deps: ExchangeDeps,
): Exchange {
  const { clock, metrics } = deps;
  const started = clock.now();
  const given = request.headers.get("x-request-id");
  const id = given !== null && SANE_ID.test(given) ? given : crypto.randomUUID();

  let requestMetrics: RequestMetrics | undefined;
  let bytesIn = (): number => 0;
  let bytesOut = 0;
  let firstByteMs: number | undefined;
  let status = 0;
  let ended = false;
  let error: string | undefined;
  let detail: string | undefined;
  let group: string | undefined;
  let last: Pick<GroupAnswer, "trace" | "upstream" | "reason"> = NOTHING_YET;

  function count(pattern: string | undefined): RequestMetrics {
    const counted = metrics.request(request.method, deps.pathLabels.label(request.path, pattern));
    counted.started();
    return counted;
  }

  function sent(bytes: number): void {
    if (bytes === 0) return;
    firstByteMs ??= clock.now() - started;
    bytesOut += bytes;
  }

  function end(reason: string | undefined): void {
    if (ended) return;
    ended = true;
    const ms = clock.now() - started;
    requestMetrics ??= count(undefined);
    requestMetrics.ended(ms / 1000);
    if (error !== undefined) metrics.error(error, status);
    deps.onEnd();
    writeAccess(reason, ms);
  }

  /** A failure here must affect neither this answer nor other requests. It can't be logged: the log is what failed. */
  function writeAccess(reason: string | undefined, ms: number): void {
    try {
      deps.log.access(accessRecord(reason, ms));
    } catch {
      metrics.internalError();
    }
  }

  function accessRecord(reason: string | undefined, ms: number): AccessRecord {
    return {
      id,
      forward: deps.forward,
      method: request.method,
      path: request.path,
      status,
      group,
      upstream: last.upstream,
      attempts: last.trace.length,
      trace: loggedTrace(last.trace, deps.tracing),
      reason,
      detail,
      error,
      ms,
      firstByteMs,
      bytesIn: bytesIn(),
      bytesOut,
      client: request.client,
    };
  }

  function endStream(failure: StreamEnd | undefined, fault?: string): void {
    if (failure === "client_closed" || failure === "write_timeout") {
      status = 499;
      error = "client_closed";
    } else if (failure !== undefined) {
      error = failure;
    }
    end(failure ?? fault ?? last.reason);
  }

  function refuse(failure: Failure): Response {
    const response = toResponse(failure);
    status = response.status;
    detail = detailOf(failure);
    error = describe(failure).code;
    const fields: HeaderPair[] = [];
    if (request.allowing !== undefined) fields.push(...request.allowing);
    stamp(fields);
    for (const [name, value] of fields) response.headers.set(name, value);
    if (status !== 499 && request.method !== "HEAD") sent(Number(response.headers.get("content-length")));
    end(reasonOf(failure) ?? last.reason);
    return response;
  }

  /** Adds the fields of every answer. */
  function stamp(fields: HeaderPair[]): void {
    fields.push(["x-llmproxy-request-id", id]);
    if (last.upstream !== undefined) fields.push(["x-llmproxy-upstream", fieldText(last.upstream)]);
    if (last.trace.length === 0) return;
    fields.push(["x-llmproxy-attempts", String(last.trace.length)]);
    if (deps.tracing) fields.push(["x-llmproxy-trace", traceText(last.trace)]);
  }

  return {
    id,
    observer: { chunk: sent, end: endStream },
    routed(name, pattern) {
      group = name;
      metrics.routed(name);
      requestMetrics = count(pattern);
    },
    countBytesIn(counter) {
      bytesIn = counter;
    },
    answer(answered) {
      last = answered;
      if (answered.result.type === "failure") return refuse(answered.result.failure);
      const { answer } = answered.result;
      status = answer.status;
      if (status >= 400) error = UPSTREAM_STATUS;
      let headers = answer.headers.filter(isNotOwn);
      if (request.allowing !== undefined) {
        headers = [...headers.filter((field) => !isCorsField(field)), ...request.allowing];
      }
      if (status === 204 || status === 205) headers = withoutBody(status, headers);
      if (isEventStream(headers)) headers.push(NO_BUFFERING);
      stamp(headers);
      if (answer.join !== undefined) return answer.join(headers);
      return deps.createResponse(answer.passOn(), { status, statusText: answer.statusText, headers });
    },
    allow(fields) {
      status = 204;
      const headers = [...fields];
      stamp(headers);
      end(undefined);
      return deps.createResponse(null, { status, statusText: "No Content", headers });
    },
    refuse,
  };
}

/** The failure behind an error code: finer than the code, and the same word as in the metrics. */
function reasonOf(failure: Failure): string | undefined {
  return failure.kind === "upstream" ? (failure satisfies ReportedFailure).failure.kind : undefined;
}

function detailOf(failure: Failure): string | undefined {
  if (failure.kind === "no_upstream_available") return reasonsText(failure.reasons);
  if (failure.kind !== "upstream" || failure.failure.kind !== "bad_response") return undefined;
  return failure.failure.detail;
}

const NO_BUFFERING: HeaderPair = ["x-accel-buffering", "no"];

/**
 * Corrects the length of an answer that has no content: a 204 has no content-length (RFC 9110 §8.6), a 205 has one of 0
 * (§15.3.6).
 */
function withoutBody(status: 204 | 205, headers: readonly HeaderPair[]): HeaderPair[] {
  const rest = headers.filter(([name]) => name !== "content-length");
  return status === 205 ? [...rest, ["content-length", "0"]] : rest;
}

/** Fields that this proxy writes itself: those of an upstream that is another LLMProxy are dropped. */
const OWN: ReadonlySet<string> = new Set([
  "x-llmproxy-request-id",
  "x-llmproxy-upstream",
  "x-llmproxy-attempts",
  "x-llmproxy-trace",
]);

function isNotOwn([name]: HeaderPair): boolean {
  return !OWN.has(name);
}

function isEventStream(headers: readonly HeaderPair[]): boolean {
  const type = headers.find(([name]) => name === "content-type")?.[1];
  return type?.toLowerCase().startsWith("text/event-stream") ?? false;
}
