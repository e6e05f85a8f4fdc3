/** Reads what the APIs have in common: messages, tools and the choice among them. */

import { isObject, type Json, objectOf, objectsOf, stringOf } from "./json.ts";
import type { Tool, ToolChoice } from "./turn.ts";

/** The text in a message's content: a string, a list of parts, or a part that holds one of these. */
export function textIn(content: unknown): string {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return content.map(textIn).join("\n");
  if (!isObject(content)) return "";
  return textIn(content["text"] ?? content["content"] ?? content["output"] ?? content["arguments"] ?? "");
}

/** What the last message asks, or "" when it isn't a person's. */
export function questionIn(messages: readonly unknown[]): string {
  const last = objectOf(messages[messages.length - 1]);
  if (last["role"] !== "user") return "";
  if (objectsOf(last["content"]).some(({ type }) => type === "tool_result")) return "";
  return textIn(last["content"]);
}

/** All that a model would read: the texts, then the tools' definitions. */
export function promptOf(texts: readonly unknown[], tools: readonly Tool[]): string {
  const definitions = tools.length > 0 ? [JSON.stringify(tools)] : [];
  return [...texts.map(textIn).filter((text) => text !== ""), ...definitions].join("\n");
}

/** Tools of `{name, [schemaKey]}`, in `function` where the API wraps them so; those without a name are passed over. */
export function toolsIn(list: unknown, schemaKey: "parameters" | "input_schema"): readonly Tool[] {
  return objectsOf(list).flatMap((entry) => {
    const tool = isObject(entry["function"]) ? entry["function"] : entry;
    const name = stringOf(tool["name"]);
    return name === undefined ? [] : [{ name, parameters: tool[schemaKey] }];
  });
}

/** `tool_choice` of OpenAI's and Anthropic's APIs: a word, or an object that names a type or a tool. */
export function toolChoiceIn(choice: unknown): ToolChoice {
  if (!isObject(choice)) return byWord(choice);
  const name = stringOf(objectOf(choice["function"])["name"]) ?? stringOf(choice["name"]);
  return name === undefined ? byWord(choice["type"]) : { name };
}

function byWord(word: unknown): ToolChoice {
  if (word === "none") return "none";
  return word === "required" || word === "any" ? "required" : "auto";
}

/** The schema of a JSON answer from `{type: "json_object" | "json_schema"}`; undefined when plain text is asked for. */
export function schemaIn(format: unknown): unknown {
  const { type, json_schema: wrapped, schema } = objectOf(format);
  if (type === "json_object") return ANY_OBJECT;
  if (type !== "json_schema") return undefined;
  return objectOf(wrapped)["schema"] ?? schema ?? ANY_OBJECT;
}

/** Some JSON object, where any will do. */
export const ANY_OBJECT: Json = {
  type: "object",
  properties: { answer: { type: "string" }, score: { type: "integer" } },
};
