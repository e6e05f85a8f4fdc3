/**
 * OpenAI's streams, and those of all who speak their format.
 *
 * @see https://platform.openai.com/docs/api-reference/chat-streaming
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */

import { hasFilled, isFilled, type Json, type JsonObject, memberOf, toObject } from "../json.ts";
import type { Dialect } from "./dialect.ts";

/** Members of a delta that announce and say nothing. */
const ANNOUNCING: ReadonlySet<string> = new Set(["role", "name", "id"]);

/** Chat completions and completions. Azure's first chunk, and the last one with the usage, have no choices. */
export const openaiChat: Dialect = ({ choices }) =>
  Array.isArray(choices) ? choices.some((choice) => isChoiceFilled(toObject(choice))) : undefined;

function isChoiceFilled(choice: JsonObject | undefined): boolean {
  if (choice === undefined) return false;
  const { finish_reason, text, delta, message } = choice;
  if (isFilled(finish_reason) || isFilled(text)) return true;
  return hasFilled(toObject(delta), ANNOUNCING) || hasFilled(toObject(message), ANNOUNCING);
}

const FINISHED: ReadonlySet<Json> = new Set(["response.completed", "response.incomplete"]);

/** Responses: deltas, tool calls and the end; everything else announces, or repeats what its deltas said. */
export const openaiResponses: Dialect = ({ type, delta, item }) => {
  if (typeof type !== "string" || !type.startsWith("response.")) return undefined;
  if (FINISHED.has(type)) return true;
  if (type.endsWith(".delta")) return isFilled(delta);
  return type === "response.output_item.added" && isCall(memberOf(item, "type"));
};

function isCall(type: Json): boolean {
  return typeof type === "string" && type.endsWith("_call");
}
