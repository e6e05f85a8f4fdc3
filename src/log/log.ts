/** The log: one JSON line per event and per request, or text for people on a terminal. */

import type { LogLevel, TextFormatter } from "@logtape/logtape";
import { type AccessRecord, accessDetails, accessText, formatAccess } from "./access.ts";
import { formatJson } from "./json.ts";

export type { TextFormatter } from "@logtape/logtape";
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
  /** Makes text for people of an event, instead of JSON. */
  readonly text?: TextFormatter | undefined;
  /** Whether `debug` events are written. */
  readonly debug: boolean;
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
 * parts are used without it: records and formatters, wired here to this proxy's own `write`.
 */
export function createLog({ write, text, debug, wall = Date.now }: LogOptions): Log {
  const format: TextFormatter = text ?? ((record) => formatJson(record, debug));

  function at(level: LogLevel): Log["info"] {
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
    debug: debug ? at("debug") : () => {},
    info,
    warn: at("warning"),
    error: at("error"),
    access:
      text === undefined
        ? (record) => write(formatAccess(record, wall()))
        : (record) => info(accessText(record), accessDetails(record)),
  };
}
