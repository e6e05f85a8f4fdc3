/** @see https://docs.anthropic.com/en/docs/build-with-claude/streaming */

import { hasFilled, isFilled, type Json, memberOf, toObject } from "../json.ts";
import type { Dialect } from "./dialect.ts";

/** Events that say nothing by themselves. */
const ANNOUNCING: ReadonlySet<Json> = new Set([
  "message_start",
  "message_stop",
  "content_block_stop",
  "ping",
]);

const TYPE: ReadonlySet<string> = new Set(["type"]);

/** Members of a block that has yet to be filled. */
const UNFILLED: ReadonlySet<string> = new Set(["type", "citations"]);

export const anthropic: Dialect = ({ type, content_block, delta }) => {
  switch (type) {
    case "content_block_start":
      return hasFilled(toObject(content_block), UNFILLED);
    case "content_block_delta":
      return hasFilled(toObject(delta), TYPE);
    case "message_delta":
      return isFilled(memberOf(delta, "stop_reason"));
    default:
      return ANNOUNCING.has(type) ? false : undefined;
  }
};
