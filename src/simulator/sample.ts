import type { Random } from "../base/clock.ts";
import { isObject, type Json, objectOf } from "./json.ts";
import { below, choose } from "./random.ts";

/** Deeper parts of a schema are null: a bound for schemas that contain themselves. */
const MAX_DEPTH = 8;
const MAX_ITEMS = 8;

const STRINGS: readonly string[] = ["Paris", "alpha", "blue", "north", "example", "Monday"];

const FORMATS: ReadonlyMap<string, string> = new Map([
  ["date", "2024-05-17"],
  ["time", "12:30:00Z"],
  ["date-time", "2024-05-17T12:30:00Z"],
  ["email", "someone@example.com"],
  ["uri", "https://example.com/"],
  ["uuid", "3f0c1a52-7d64-4a53-9a55-0d0f3f7a1b2c"],
]);

/**
 * A value that fits a JSON Schema, for tool arguments and structured outputs. It knows type, enum, const, anyOf,
 * oneOf, allOf's first, local $ref, properties, items, minItems, minimum, maximum and format; not pattern and lengths.
 *
 * @see https://json-schema.org/draft/2020-12
 */
export function sample(schema: unknown, random: Random): unknown {
  return value(schema, objectOf(schema), random, 0);
}

function value(schema: unknown, root: Json, random: Random, depth: number): unknown {
  if (depth > MAX_DEPTH || !isObject(schema)) return null;
  const { $ref: ref, const: constant, enum: options } = schema;
  if (typeof ref === "string") return value(resolve(ref, root), root, random, depth + 1);
  if (constant !== undefined) return constant;
  if (Array.isArray(options) && options.length > 0) return choose(options, random);
  const branch = firstOf(schema["anyOf"]) ?? firstOf(schema["oneOf"]) ?? firstOf(schema["allOf"]);
  if (branch !== undefined) return value(branch, root, random, depth + 1);
  return ofType(typeOf(schema), schema, root, random, depth);
}

function ofType(type: unknown, schema: Json, root: Json, random: Random, depth: number): unknown {
  switch (type) {
    case "string":
      return FORMATS.get(String(schema["format"])) ?? choose(STRINGS, random);
    case "integer":
      return Math.round(number(schema, random));
    case "number":
      return number(schema, random);
    case "boolean":
      return random() < 0.5;
    case "array":
      return Array.from({ length: itemCount(schema) }, () => value(schema["items"], root, random, depth + 1));
    case "object":
      return object(objectOf(schema["properties"]), root, random, depth);
    default:
      return null;
  }
}

function object(properties: Json, root: Json, random: Random, depth: number): Json {
  return Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [key, value(schema, root, random, depth + 1)]),
  );
}

function number({ minimum, maximum }: Json, random: Random): number {
  const least =
    typeof minimum === "number" ? minimum : Math.min(1, typeof maximum === "number" ? maximum : 1);
  const most = typeof maximum === "number" ? Math.max(least, maximum) : least + 99;
  return Math.min(most, least + below(Math.floor(most - least) + 1, random));
}

function itemCount({ minItems }: Json): number {
  return typeof minItems === "number" ? Math.min(MAX_ITEMS, Math.max(1, Math.floor(minItems))) : 1;
}

/** `type`, its first when it is a list, or what the schema's other words imply. */
function typeOf(schema: Json): unknown {
  const { type } = schema;
  if (Array.isArray(type)) return type[0];
  if (type !== undefined) return type;
  if (schema["properties"] !== undefined) return "object";
  return schema["items"] !== undefined ? "array" : undefined;
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

/** Follows a local JSON Pointer (`#/$defs/City`, RFC 6901). */
function resolve(ref: string, root: Json): unknown {
  if (!ref.startsWith("#")) return undefined;
  let at: unknown = root;
  for (const part of ref.slice(1).split("/").slice(1)) {
    at = objectOf(at)[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return at;
}
