/** The log: one JSON line per event and per request, or text for people on a terminal. */

import { compareLogLevel, type LogLevel, type TextFormatter } from "@logtape/logtape";
import { type AccessRecord, accessDetails, accessText, formatAccess } from "./access.ts";
import { formatJson } from "./json.ts";
import { createTextFormatter } from "./text.ts";

export type { AccessRecord } from "./access.ts";

export type Fields = Readonly<Record<string, unknown>>;

/**
 * Writes events. Fields are shown as JSON; a `Secret` shows as `***`. An `Error` shows as its name, message and causes,
 * with its stack only at level `error` or when debugging: what an operator can mend is logged without one.
 */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** One line for one request. */
  access(record: AccessRecord): void;
}

export interface LogOptions {
  /** Takes one line without its newline. */
  readonly write: (line: string) => void;
  /** Text for people instead of JSON. */
  readonly terminal: boolean;
  /** Whether `debug` events are written. */
  readonly debug: boolean;
  /**
   * Colours on the terminal.
   * @default false
   */
  readonly color?: boolean;
  /**
   * Milliseconds since 1970.
   * @default Date.now
   */
  readonly wall?: () => number;
}

/**
 * Makes the log of one proxy.
 *
 * LogTape's loggers hang on one global configuration, which a second proxy in the process would have to share. So its
 * parts are used without it: records, levels and formatters, wired here to this proxy's own `write`.
 */
export function createLog({ write, terminal, debug, color = false, wall = Date.now }: LogOptions): Log {
  const format: TextFormatter = terminal
    ? createTextFormatter({ color, debug })
    : (record) => formatJson(record, debug);
  const lowest: LogLevel = debug ? "debug" : "info";

  function at(level: LogLevel): Log["info"] {
    if (compareLogLevel(level, lowest) < 0) return () => {};
    return (message, fields = {}) => {
      const record = {
        category: ["llmproxy"],
        level,
        message: [message],
        rawMessage: message,
        timestamp: wall(),
        properties: fields,
      };
      write(format(record));
    };
  }

  const info = at("info");
  return {
    debug: at("debug"),
    info,
    warn: at("warning"),
    error: at("error"),
    access: terminal
      ? (record) => info(accessText(record), accessDetails(record))
      : (record) => write(formatAccess(record, wall())),
  };
}
