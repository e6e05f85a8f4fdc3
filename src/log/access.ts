/** The access log: one line per request, written at its end. */

import { escapeHidden } from "./json.ts";

/** Never holds a query string, a header, a body or a key. */
export interface AccessRecord {
  readonly id: string;
  readonly forward: string;
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** What the client got; 499 when it left. */
  readonly status: number;
  readonly group?: string | undefined;
  /** The upstream of the last attempt. */
  readonly upstream?: string | undefined;
  readonly attempts: number;
  /** Every attempt, where that is asked for. */
  readonly trace?: string | undefined;
  /** Why the last attempt failed, from the table of failures. */
  readonly reason?: string | undefined;
  /** What the client was told (`x-llmproxy-error`). */
  readonly error?: string | undefined;
  /** To the end of the answer's body. */
  readonly ms: number;
  readonly firstByteMs?: number | undefined;
  /** Bytes of the request's and the answer's body. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The client's IP address. */
  readonly client?: string | undefined;
}

/** A path's characters that are shown; requests may have 16 KiB of them. */
const MAX_PATH = 1024;

/**
 * The JSON line of a request.
 *
 * Built of a literal whose shape never changes and one `JSON.stringify`, which leaves out what is undefined: 1–3 µs.
 * LogTape's JSON Lines formatter needs 2–3 times as long (it copies the fields and asks a replacer about each), and
 * its names are fixed (`@timestamp`, `logger`).
 *
 * @param wall milliseconds since 1970, of the request's end
 */
export function formatAccess(record: AccessRecord, wall: number): string {
  const line = {
    time: new Date(wall).toISOString(),
    level: "info",
    msg: "request",
    id: record.id,
    forward: record.forward,
    method: record.method,
    path: shownPath(record.path),
    status: record.status,
    group: record.group,
    upstream: record.upstream,
    attempts: record.attempts,
    trace: record.trace,
    reason: record.reason,
    error: record.error,
    ms: toTenths(record.ms),
    first_byte_ms: record.firstByteMs === undefined ? undefined : toTenths(record.firstByteMs),
    bytes_in: record.bytesIn,
    bytes_out: record.bytesOut,
    client: record.client,
  };
  return escapeHidden(JSON.stringify(line));
}

/** What a person wants to see first: `POST /v1/chat/completions 200 in 812 ms`. */
export function accessText({ method, path, status, ms }: AccessRecord): string {
  return `${method} ${shownPath(path)} ${status} in ${Math.round(ms)} ms`;
}

/** What stands behind {@link accessText} on a terminal. */
export function accessDetails(record: AccessRecord): Readonly<Record<string, unknown>> {
  const { forward, group, upstream, attempts, trace, reason, error } = record;
  const { firstByteMs, bytesIn, bytesOut, client, id } = record;
  return {
    forward,
    group,
    upstream,
    attempts,
    trace,
    reason,
    error,
    first_byte_ms: firstByteMs === undefined ? undefined : toTenths(firstByteMs),
    bytes_in: bytesIn,
    bytes_out: bytesOut,
    client,
    id,
  };
}

/** Cuts a query that came by mistake, since it may hold a key, and what is too long. */
function shownPath(path: string): string {
  const query = path.indexOf("?");
  const bare = query < 0 ? path : path.slice(0, query);
  return bare.length <= MAX_PATH ? bare : `${bare.slice(0, MAX_PATH)}…`;
}

function toTenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
