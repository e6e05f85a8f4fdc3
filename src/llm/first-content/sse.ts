/**
 * Server-sent events, as far as it takes to read them.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

import type { Finding, Scan } from "./finding.ts";
import { createLines } from "./lines.ts";

/** Gives each event that has data to `take`, until that finds something; the last one need not end. */
export function createSse(take: (event: string, data: string) => Finding | undefined): Scan {
  let event = "";
  let data: string[] = [];

  function dispatch(): Finding | undefined {
    const finding = data.length === 0 ? undefined : take(event, data.join("\n"));
    event = "";
    data = [];
    return finding;
  }

  const lines = createLines((line) => {
    if (line === "") return dispatch();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") data.push(value);
    else if (name === "event") event = value;
    return undefined;
  });

  return { push: lines.push, end: () => lines.end() ?? dispatch() };
}
