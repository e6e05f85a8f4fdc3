/** What the upstreams of the conformance suite say. */

import { chunkBytes } from "../support/raw-request.ts";

/** The head of an answer whose body comes in chunks. */
export const chunkedHead = (type: string): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`;

export const SSE = chunkedHead("text/event-stream");
export const JSON_HEAD = chunkedHead("application/json");
export const END = "0\r\n\r\n";

export const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
export const choice = (delta: object, finish: string | null = null): string =>
  event({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] });

export const ROLE = choice({ role: "assistant", content: "" });
export const HELLO = choice({ content: "Hello" });
export const REST = `${choice({ content: " there" })}${choice({}, "stop")}data: [DONE]\n\n`;
export const errorEvent = (type: string): string => event({ error: { message: "no", type, code: null } });

/** Its first half has content: what breaks before that may still be sent elsewhere. */
export const ANSWER = JSON.stringify({
  choices: [{ message: { content: "Hello there" }, index: 0, finish_reason: "stop" }],
  id: "c",
  object: "chat.completion",
});
export const errorAnswer = (type: string): string =>
  JSON.stringify({ error: { message: "no", type, code: null } });

/** Bytes of one chunk of an answer. */
export const chunk = (text: string): string => chunkBytes(text).toString("latin1");
