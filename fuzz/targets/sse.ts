/** The scanner of event streams. */

import { judgeEvent } from "../../src/llm/first-content/event.ts";
import { agrees, SCAN_LIMIT, STREAM_WORDS } from "../scan.ts";
import type { Target } from "../target.ts";

const chat = 'data: {"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n';

export const target: Target = {
  seeds: [
    `\u0003${chat}data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\ndata: [DONE]\n\n`,
    `\u0001: ping\r\n\r\n${chat.replaceAll("\n", "\r\n")}data: [DONE]\r\n\r\n`,
    '\u0002event: message_start\ndata: {"type":"message_start","message":{"content":[]}}\n\n' +
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n',
    '\u0005event: response.created\ndata: {"type":"response.created"}\n\n' +
      'data: {"type":"response.output_text.delta","delta":"x"}\n\n',
    '\u0007data: {"candidates":[{"content":{"parts":[{"text":""}]}}],\rdata: "usageMetadata":{}}\r\r',
  ],
  words: [...STREAM_WORDS, "data:", "data: ", "event: ", "event: error", "id: 1", "retry: 5", ": ping"],
  limit: SCAN_LIMIT,
  check: (input) => agrees("text/event-stream", input, findInEvents),
};

/** The standard's way, over the whole text. */
function findInEvents(text: string) {
  let event = "";
  let data: string[] = [];
  // An end without an empty line dispatches too: what stands there may be all there is.
  for (const line of [...text.split(/\r\n|\r|\n/), ""]) {
    if (line === "") {
      const finding = data.length === 0 ? undefined : judgeEvent(event, data.join("\n"));
      if (finding !== undefined) return finding;
      event = "";
      data = [];
      continue;
    }
    const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/su.exec(line) ?? [];
    if (name === "data") data.push(value);
    else if (name === "event") event = value;
  }
  return undefined;
}
