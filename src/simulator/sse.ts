/**
 * One server-sent event.
 *
 * @param data one JSON value, or a string that is sent as it is (`[DONE]`)
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function event(data: object | string, name?: string): string {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return name === undefined ? `data: ${text}\n\n` : `event: ${name}\ndata: ${text}\n\n`;
}

/** One line of newline-delimited JSON. */
export function line(data: object): string {
  return `${JSON.stringify(data)}\n`;
}

export const EVENT_STREAM = "text/event-stream; charset=utf-8";
export const NDJSON = "application/x-ndjson";
