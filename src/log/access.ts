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
  /** The attempts, where there were several or it is asked for. */
  readonly trace?: string | undefined;
  /** Why the last attempt failed, from the table of failures. */
  readonly reason?: string | undefined;
  /** What was wrong with an answer that can't be passed on, or why no upstream was available. */
  readonly detail?: string | undefined;
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
 * The JSON line of a request; what is undefined is left out.
 *
 * Put together by hand, since most of its texts need no escaping: a third of what `JSON.stringify` costs, and a tenth
 * of LogTape's JSON Lines formatter (it copies the fields and asks a replacer about each), whose names are fixed
 * (`@timestamp`, `logger`).
 *
 * @param wall milliseconds since 1970, of the request's end
 */
export function formatAccess(record: AccessRecord, wall: number): string {
  const { firstByteMs } = record;
  let line = `{"time":"${new Date(wall).toISOString()}","level":"info","msg":"request"`;
  line += text("id", record.id);
  line += text("forward", record.forward);
  line += text("method", record.method);
  line += text("path", shownPath(record.path));
  line += number("status", record.status);
  line += text("group", record.group);
  line += text("upstream", record.upstream);
  line += number("attempts", record.attempts);
  line += text("trace", record.trace);
  line += text("reason", record.reason);
  line += text("detail", record.detail);
  line += text("error", record.error);
  line += number("ms", toTenths(record.ms));
  line += number("first_byte_ms", firstByteMs === undefined ? undefined : toTenths(firstByteMs));
  line += number("bytes_in", record.bytesIn);
  line += number("bytes_out", record.bytesOut);
  line += text("client", record.client);
  return `${line}}`;
}

/** What a person wants to see first: `POST /v1/chat/completions 200 in 812 ms`. */
export function accessText({ method, path, status, ms }: AccessRecord): string {
  return `${method} ${shownPath(path)} ${status} in ${Math.round(ms)} ms`;
}

/** What stands behind {@link accessText} on a terminal. */
export function accessDetails(record: AccessRecord): Readonly<Record<string, unknown>> {
  const { forward, group, upstream, attempts, trace, reason, detail, error } = record;
  const { firstByteMs, bytesIn, bytesOut, client, id } = record;
  return {
    forward,
    group,
    upstream,
    attempts,
    trace,
    reason,
    detail,
    error,
    first_byte_ms: firstByteMs === undefined ? undefined : toTenths(firstByteMs),
    bytes_in: bytesIn,
    bytes_out: bytesOut,
    client,
    id,
  };
}

/** ASCII in which JSON has nothing to escape. */
const PLAIN = /^[ !#-[\]-~]*$/;

function text(name: string, value: string | undefined): string {
  if (value === undefined) return "";
  return `,"${name}":${PLAIN.test(value) ? `"${value}"` : escapeHidden(JSON.stringify(value))}`;
}

function number(name: string, value: number | undefined): string {
  return value === undefined ? "" : `,"${name}":${value}`;
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
