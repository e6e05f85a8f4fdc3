/** An answer as the raw client saw it. */

import type { Message } from "./http-message.ts";
import { valuesOf } from "./http-wire.ts";

/**
 * How an answer ended. `complete`: as its framing says. `cut`: FIN before that. `reset`: RST before that.
 * `open`: neither, by the deadline.
 */
export type Ending = "complete" | "cut" | "reset" | "open";

export interface Answer extends Message {
  readonly status: number;
  readonly end: Ending;
  /** Statuses of the 1xx answers before it. */
  readonly interim: readonly number[];
  /** The one value of a field; fails when there are several. */
  header(name: string): string | undefined;
  all(name: string): string[];
  text(): string;
  json(): unknown;
}

/** A status line's code; 0 while there is none. */
export function statusOf(startLine: string | undefined): number {
  if (startLine === undefined) return 0;
  const match = /^HTTP\/1\.[01] (\d{3}) ?/.exec(startLine);
  if (match === null) throw new Error(`not a status line: ${JSON.stringify(startLine)}`);
  return Number(match[1]);
}

/** @param how how the connection ended, if it has */
export function toAnswer(
  message: Message,
  interim: readonly number[],
  how: "fin" | "reset" | undefined,
): Answer {
  const end: Ending = message.complete
    ? "complete"
    : how === undefined
      ? "open"
      : how === "fin"
        ? "cut"
        : "reset";
  const all = (name: string): string[] => valuesOf(message.headers, name);
  return {
    ...message,
    body: message.body,
    arrivedAt: message.arrivedAt,
    status: statusOf(message.startLine),
    end,
    interim,
    all,
    header(name) {
      const values = all(name);
      if (values.length > 1) throw new Error(`several ${name}: ${values.join(" | ")}`);
      return values[0];
    },
    text: () => message.body.toString(),
    json: () => JSON.parse(message.body.toString()) as unknown,
  };
}
