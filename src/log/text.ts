/** Events as text for people: `12:03:44.120 WARN  the message  key=value`. One event is one line. */

import {
  type FormattedValues,
  getAnsiColorFormatter,
  getTextFormatter,
  type TextFormatter,
} from "@logtape/logtape";
import { escapeHidden, toJson } from "./json.ts";

const LEVELS = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO ",
  warning: "WARN ",
  error: "ERROR",
  fatal: "FATAL",
};

/** Formats one line without its newline. `debug`: every error with its stack. */
export function createTextFormatter({
  color,
  debug,
}: {
  readonly color: boolean;
  readonly debug: boolean;
}): TextFormatter {
  const getFormatter = color ? getAnsiColorFormatter : getTextFormatter;
  const format = getFormatter({
    timestamp: "time",
    timeZone: null,
    level: (level) => LEVELS[level],
    // A newline or an escape sequence in a message must not look like another event.
    sanitize: { sgr: "escape", newlines: "escape" },
    format: (values) => formatLine(values, debug),
  });
  return (record) => format(record).trimEnd();
}

function formatLine({ timestamp, level, message, record }: FormattedValues, debug: boolean): string {
  const withStack = debug || record.level === "error";
  let line = `${timestamp} ${level} ${message}`;
  for (const [key, value] of Object.entries(record.properties)) {
    if (value !== undefined) line += ` ${fieldText(key)}=${valueText(value, withStack)}`;
  }
  // LogTape has escaped the message's control characters; this adds what reorders text.
  return escapeHidden(line);
}

/** What needs no quotes. */
const BARE = /^[\w.:/@+*-]+$/;

function fieldText(text: string): string {
  return BARE.test(text) ? text : JSON.stringify(text);
}

/** A word as it is; anything else as JSON, which has no raw control character. */
function valueText(value: unknown, withStack: boolean): string {
  if (typeof value === "string" && BARE.test(value)) return value;
  return toJson(value, withStack);
}
