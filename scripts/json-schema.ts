/**
 * The JSON Schema of the configuration, for editors: types and ranges from the program's own schema, descriptions from
 * the comments of config.default.yaml.
 *
 * It says what can be said of a file before its references are replaced. What it can't say is left to `llmproxy -t`:
 * names that point to each other, routes, addresses, and what a reference comes to.
 */

import { toJsonSchema } from "@valibot/to-json-schema";
import { type Marks, marksOf, type Schema, unwrap, type Variants } from "../src/config/schema/marks.ts";
import { configSchema } from "../src/config/schema.ts";
import { readConfigComments } from "./config-comments.ts";

/** A JSON Schema, or a part of one. */
export type Json = { readonly [key: string]: unknown };

/** @param defaultFile text of config.default.yaml */
export function createConfigSchema(defaultFile: string): Json {
  const { commentOf } = readConfigComments(defaultFile);
  const { $schema, ...plain } = toJsonSchema(configSchema, {
    target: "draft-2020-12",
    typeMode: "input",
    // Checks in code have no form in JSON Schema.
    errorMode: "ignore",
  });
  return {
    $schema,
    title: "LLMProxy's configuration",
    ...describe(plain as Json, configSchema, "", commentOf),
  };
}

type CommentOf = (path: string) => string;

function describe(plain: Json, outer: Schema, path: string, commentOf: CommentOf): Json {
  const inner = unwrap(outer);
  const { description, default: fallback, ...rest } = withoutMarks(plain);
  const marks = marksOf(inner);
  const comment = wordsOf(marks, path, commentOf);
  const isBlock = inner.entries !== undefined || inner.item !== undefined;
  const shape = isBlock ? blockShape(rest, inner, path, commentOf) : valueShape(rest, marks);
  return {
    // Of a block, its schema's own words say no more than its type.
    ...((comment !== "" || !isBlock) && { description: comment || description }),
    ...(typeof fallback !== "object" && fallback !== undefined && { default: fallback }),
    ...(marks.unused !== undefined && { deprecated: true }),
    ...(outer === inner ? shape : orNull(shape)),
  };
}

function wordsOf({ aliasOf, unused }: Marks, path: string, commentOf: CommentOf): string {
  if (aliasOf !== undefined) return `Another name of ${aliasOf}.`;
  if (unused !== undefined) return `Not used: ${unused}.`;
  return commentOf(path);
}

function blockShape(rest: Json, inner: Schema, path: string, commentOf: CommentOf): Json {
  if (inner.item !== undefined) {
    return { ...rest, items: describe(rest["items"] as Json, inner.item, `${path}[]`, commentOf) };
  }
  const { properties, required, ...more } = rest;
  const { freePrefix } = marksOf(inner);
  const described = Object.entries(inner.entries ?? {}).map(([key, entry]): [string, Json] => {
    const own = path === "" ? key : `${path}.${key}`;
    return [key, describe((properties as Properties)[key] ?? {}, entry, own, commentOf)];
  });
  return {
    ...more,
    ...(freePrefix !== undefined && { patternProperties: { [`^${freePrefix}`]: {} } }),
    ...conditions(Object.fromEntries(described), inner, required as readonly string[]),
  };
}

type Properties = Readonly<Record<string, Json>>;

/** A block's properties, which of them it needs, and which it can't have together. */
function conditions(properties: Properties, inner: Schema, required: readonly string[]): Json {
  const { switchable, oneOf, variants } = marksOf(inner);
  const all: Json[] = Object.entries(inner.entries ?? {}).flatMap(([key, entry]) => {
    const { aliasOf } = marksOf(entry);
    return aliasOf === undefined ? [] : [{ not: { required: [aliasOf, key] } }];
  });
  const always = required.length === 0 ? {} : { required };
  let kept = properties;
  if (switchable) {
    kept = mapProperties(properties, Object.keys(properties), withoutLimits);
    const isOff = { required: ["enabled"], properties: { enabled: { const: false } } };
    all.push({ if: isOff, else: { ...always, properties: limitsOf(properties, Object.keys(properties)) } });
  }
  if (variants !== undefined) {
    kept = mapProperties(properties, Object.values(variants.needs).flat(), withoutLimits);
    all.push(...kindsOf(variants, properties));
  }
  return {
    properties: kept,
    ...(!switchable && always),
    ...(oneOf !== undefined && { anyOf: oneOf.map((name) => ({ required: [name] })) }),
    ...(all.length > 0 && { allOf: all }),
  };
}

/** What each kind of a block needs. The keys of other kinds are not used, whatever is in them. */
function kindsOf({ key, needs }: Variants, properties: Properties): readonly Json[] {
  return Object.entries(needs)
    .filter(([, keys]) => keys.length > 0)
    .map(([kind, keys]) => ({
      if: { required: [key], properties: { [key]: { const: kind } } },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word
      then: { required: keys, properties: limitsOf(properties, keys) },
    }));
}

function mapProperties(
  properties: Properties,
  keys: readonly string[],
  map: (one: Json) => Json,
): Properties {
  const mapped = Object.entries(properties).map(([key, one]) => [key, keys.includes(key) ? map(one) : one]);
  return Object.fromEntries(mapped);
}

/** The ranges and patterns of some properties: what does not hold where a block is off or of another kind. */
function limitsOf(properties: Properties, keys: readonly string[]): Properties {
  const pairs = keys.map((key): [string, Json] => [key, pick(properties[key] ?? {}, isLimit)]);
  return Object.fromEntries(pairs.filter(([, limits]) => Object.keys(limits).length > 0));
}

function withoutLimits(property: Json): Json {
  return pick(property, (...pair) => !isLimit(...pair));
}

/** The pattern of a reference belongs to the type: it is what makes a number of a text. */
function isLimit(key: string, value: unknown): boolean {
  return ["minimum", "maximum", "minLength"].includes(key) || (key === "pattern" && value !== REFERENCE);
}

function pick(json: Json, fits: (key: string, value: unknown) => boolean): Json {
  return Object.fromEntries(Object.entries(json).filter(([key, value]) => fits(key, value)));
}

/** What a text with a reference in it looks like: `${NAME}`, `${NAME:-default}`, `${file:path}`. */
export const REFERENCE = "\\$\\{";

/** A single value, or a text with a reference in its place. */
function valueShape(rest: Json, { url }: Marks): Json {
  const pattern = url ? "^(?:https?|HTTPS?)://" : rest["pattern"];
  if (rest["enum"] !== undefined) return { anyOf: [rest, { type: "string", pattern: REFERENCE }] };
  if (Array.isArray(rest["anyOf"])) return oneShape(rest["anyOf"] as readonly Json[]);
  if (rest["type"] === "string")
    return pattern === undefined ? rest : { ...rest, pattern: orReference(pattern) };
  if (rest["type"] === undefined) return rest;
  return { ...rest, type: [rest["type"], "string"], pattern: REFERENCE };
}

/** Several types in one: each keyword holds for values of its own type only, so that none gets in another's way. */
function oneShape(shapes: readonly Json[]): Json {
  const merged: Json = Object.assign({}, ...shapes);
  return {
    ...merged,
    type: shapes.map(({ type }) => type),
    pattern: orReference(merged["pattern"]),
  };
}

function orReference(pattern: unknown): string {
  return `(?:${pattern})|${REFERENCE}`;
}

/** A key without a value is a key that is not there. */
function orNull(shape: Json): Json {
  if (Array.isArray(shape["anyOf"]) && shape["type"] === undefined) {
    return { ...shape, anyOf: [...shape["anyOf"], { type: "null" }] };
  }
  const { type } = shape;
  return type === undefined ? shape : { ...shape, type: [...(Array.isArray(type) ? type : [type]), "null"] };
}

/** Metadata comes along with a conversion; the marks in it are the program's own. */
function withoutMarks(plain: Json): Json {
  return pick(plain, (key) => !MARKS.has(key));
}

const MARK_NAMES: Readonly<Record<keyof Marks, true>> = {
  secret: true,
  url: true,
  switchable: true,
  unused: true,
  aliasOf: true,
  freePrefix: true,
  oneOf: true,
  variants: true,
};
const MARKS: ReadonlySet<string> = new Set(Object.keys(MARK_NAMES));
