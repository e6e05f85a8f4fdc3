/** The type of a config that is an object, from its JSON Schema: so that a program's editor says what YAML's does. */

import { type Json, REFERENCE } from "./json-schema.ts";

const HEAD = `/**
 * A config as an object, of the same shape as config.yaml. Written by \`npm run schema\`: don't edit it.
 */

`;

/** A TypeScript module with the interface `ConfigObject`. */
export function createConfigObject(schema: Json): string {
  return `${HEAD}/** What a config file says. */\nexport interface ConfigObject ${typeOf(schema, "")}\n`;
}

function typeOf(schema: Json, indent: string): string {
  const { properties, patternProperties, items, anyOf } = schema;
  if (isJson(properties)) return block(properties, isJson(patternProperties), requiredOf(schema), indent);
  if (isJson(items)) return `readonly ${braced(typeOf(items, indent))}[]`;
  const words = Array.isArray(anyOf) ? anyOf.flatMap((one: Json) => one["enum"] ?? []) : [];
  if (words.length > 0) return words.map((word) => JSON.stringify(word)).join(" | ");
  const types = [schema["type"] ?? "unknown"].flat().filter((type) => type !== "null");
  // A text with a reference in it is read as a number where it has no quotes: in an object it always has them.
  const own = schema["pattern"] === REFERENCE ? types.filter((type) => type !== "string") : types;
  return own.map((type) => (type === "integer" ? "number" : String(type))).join(" | ");
}

function block(properties: Json, isOpen: boolean, required: ReadonlySet<string>, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties).flatMap(([key, property]) => {
    if (!isJson(property)) return [];
    const type = typeOf(property, inner);
    // A value may come from a variable that is not set; a block is written or left out.
    const orUndefined = type.includes("{") ? "" : " | undefined";
    const member = required.has(key) ? `${key}: ${type}` : `${key}?: ${type}${orUndefined}`;
    const { description } = property;
    const deprecated = property["deprecated"] === true ? " @deprecated" : "";
    const comment =
      typeof description === "string" ? [`${inner}/**${deprecated} ${escapeEnd(description)} */`] : [];
    return [...comment, `${inner}readonly ${member};`];
  });
  const free = isOpen
    ? [`${inner}/** A place for anchors; ignored. */`, `${inner}readonly [key: \`x-\${string}\`]: unknown;`]
    : [];
  return ["{", ...lines, ...free, `${indent}}`].join("\n");
}

function requiredOf({ required, allOf }: Json): ReadonlySet<string> {
  // What a block that is on needs.
  const conditions: readonly Json[] = Array.isArray(allOf) ? allOf : [];
  const unlessOff = conditions.flatMap((one) => (isJson(one["else"]) ? (one["else"]["required"] ?? []) : []));
  return new Set([required ?? [], unlessOff].flat().map(String));
}

function braced(type: string): string {
  return type.includes(" | ") && !type.startsWith("{") ? `(${type})` : type;
}

/** A path may end a comment. */
function escapeEnd(text: string): string {
  return text.replaceAll("*/", "*\\/");
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
