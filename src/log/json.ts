/** Events as JSON lines: `{"time": RFC 3339 in UTC, "level", "msg", …fields}`. */

import type { LogRecord } from "@logtape/logtape";
import { describeError } from "./describe-error.ts";

/** A string's characters that are shown. */
const MAX_STRING = 8192;

/** One line without its newline. `debug`: every error with its stack. */
export function formatJson({ timestamp, level, rawMessage, properties }: LogRecord, debug: boolean): string {
  const head = {
    time: new Date(timestamp).toISOString(),
    level: level === "warning" ? "warn" : level,
    msg: String(rawMessage),
  };
  // The head comes first in the line, and last so that no field can pass for it.
  return toJson({ ...head, ...properties, ...head }, debug || level === "error");
}

/** JSON of any value on one line; never throws. What has no form in JSON is shown as text. */
export function toJson(value: unknown, withStack: boolean): string {
  const shown = (_key: string, inner: unknown): unknown => {
    if (typeof inner === "string")
      return inner.length <= MAX_STRING ? inner : `${inner.slice(0, MAX_STRING)}…`;
    if (typeof inner === "bigint") return inner.toString();
    return inner instanceof Error ? describeError(inner, withStack) : inner;
  };
  try {
    return escapeHidden(JSON.stringify(value, shown) ?? "null");
  } catch (error) {
    // A circular value, or a toJSON or getter that throws: the event itself must not be lost.
    const { time, level, msg } = Object(value);
    return escapeHidden(JSON.stringify({ time, level, msg, unprintable: String(error) }));
  }
}

/** Tab (LogTape's text lets it through), DEL, C1 controls, line separators and bidi controls: JSON leaves them as they are, terminals and viewers don't. */
const HIDDEN = /[\t\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Escapes what could still forge a line or its look. In JSON these characters occur inside strings only. */
export function escapeHidden(json: string): string {
  return json.replace(HIDDEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
