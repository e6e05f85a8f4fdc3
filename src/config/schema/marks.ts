/**
 * What the schema says of itself beside types and ranges, as valibot metadata: read by the walk that goes along the
 * YAML's nodes, by the diagnostics, by the JSON Schema for editors, and by the test that keeps config.default.yaml
 * complete.
 */

import * as v from "valibot";

export interface Marks {
  /** Its value must not be seen. */
  readonly secret?: true;
  /** A URL: it is shown without credentials and query. */
  readonly url?: true;
  /** A block with `enabled`: present is on. */
  readonly switchable?: true;
  /** Accepted and not used; why, for the warning. */
  readonly unused?: string;
  /** Another name of this key of the same block. */
  readonly aliasOf?: string;
  /** Further keys with this beginning are passed over. */
  readonly freePrefix?: string;
  /** The names of one key that a block can't do without: the first is the one to write. */
  readonly oneOf?: readonly [name: string, ...others: string[]];
  /** Which keys belong to which kind of a block. */
  readonly variants?: Variants;
}

/** A block that has different keys by the value of one of them. */
export interface Variants {
  /** The key that tells the kind. */
  readonly key: string;
  /** The kind when that key is absent. */
  readonly fallback?: string;
  /** The keys that each kind needs and the others don't use. */
  readonly needs: Readonly<Record<string, readonly string[]>>;
}

/** Any schema, as far as it can be looked into. */
export interface Schema extends v.GenericSchema {
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly wrapped?: Schema;
  readonly options?: readonly unknown[];
}

export function mark<TInput>(marks: Marks) {
  return v.metadata<TInput, Readonly<Record<string, unknown>>>({ ...marks });
}

/** An issue's message that says all there is to say; of other issues only the place counts. */
export function saying(message: string): string {
  return SAYING + message;
}

/** What {@link saying} was told, or undefined for a message of valibot's own. */
export function saidBy(message: string): string | undefined {
  return message.startsWith(SAYING) ? message.slice(SAYING.length) : undefined;
}

/** The message of an issue whose key is not there. */
export const MISSING = "missing";

const SAYING = "llmproxy: ";

/** The schema below `optional`. */
export function unwrap(schema: Schema): Schema {
  let inner = schema;
  while (inner.wrapped !== undefined) inner = inner.wrapped;
  return inner;
}

export function marksOf(schema: Schema): Marks {
  return v.getMetadata(unwrap(schema)) as Marks;
}

/** What is allowed, in words. */
export function expectationOf(schema: Schema): string {
  const inner = unwrap(schema);
  if (inner.entries !== undefined) return "a map";
  if (inner.item !== undefined) return v.getDescription(inner) ?? "a list";
  return v.getDescription(inner) ?? "another value";
}

/** The schema at a path; undefined where the schema knows no such key. */
export function schemaAt(root: Schema, path: readonly (string | number)[]): Schema | undefined {
  let schema: Schema | undefined = root;
  for (const key of path) {
    const inner: Schema = unwrap(schema);
    schema = typeof key === "number" ? inner.item : ownEntry(inner, key);
    if (schema === undefined) return undefined;
  }
  return schema;
}

/** The schema of a block's key, if it is one of its own: `constructor` is not. */
export function ownEntry({ entries }: Schema, key: string): Schema | undefined {
  return entries !== undefined && Object.hasOwn(entries, key) ? entries[key] : undefined;
}
