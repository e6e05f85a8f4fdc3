/** Kinds of blocks: lists, switches, and those whose keys depend on their kind. */

import * as v from "valibot";
import { type Marks, MISSING, mark, saying, type Variants } from "./marks.ts";
import { boolean, integer } from "./values.ts";

export function list<const T extends v.GenericSchema>(item: T) {
  return v.pipe(v.array(item), v.description("a list"));
}

export function atLeastOne<const T extends v.GenericSchema>(item: T) {
  return v.pipe(v.array(item), v.minLength(1), v.description("a list of at least one"));
}

/** The issue of a block's key that is not there: what is expected of it is in the schema. */
function missing<T>(input: unknown, key: string): v.RawCheckIssueInfo<T> {
  const value = input as Record<string, unknown>;
  const path = [{ type: "object", origin: "value", input: value, key, value: undefined }] as const;
  return { message: MISSING, path: path as unknown as NonNullable<v.RawCheckIssueInfo<T>["path"]> };
}

/** Whether a value is a block at all: checks run on what the schema has refused, too. */
function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Requires one of the names of a key: the mark `oneOf` says which. */
export function requireOneOf<T>(names: NonNullable<Marks["oneOf"]>) {
  return v.rawCheck<T>(({ dataset: { value }, addIssue }) => {
    if (isBlock(value) && names.every((name) => value[name] === undefined))
      addIssue(missing(value, names[0]));
  });
}

/** Requires of each kind the keys that it needs. */
export function requireByKind<T>({ key, fallback, needs }: Variants) {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!isBlock(dataset.value)) return;
    const value = dataset.value;
    const kind = String(value[key] ?? fallback);
    for (const needed of Object.hasOwn(needs, kind) ? (needs[kind] ?? []) : []) {
      if (value[needed] === undefined) addIssue(missing(value, needed));
    }
  });
}

/** What a rate limit of clients and one of an upstream have in common; `burstOf`: the default. */
export function rateLimit(burstOf: (perSecond: number) => number) {
  return v.pipe(
    v.strictObject({
      enabled: v.optional(boolean(), true),
      per_second: v.optional(integer(1, 1_000_000), 100),
      burst: v.optional(integer(1, 2_000_000)),
    }),
    mark({ switchable: true }),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const { per_second, burst } = dataset.value;
      if (burst === undefined || burst >= per_second) return;
      addIssue({
        message: saying(`found ${burst}, expected at least per_second (${per_second})`),
        path: [{ type: "object", origin: "value", input: dataset.value, key: "burst", value: burst }],
      });
    }),
    v.transform(({ per_second, burst }) => ({ perSecond: per_second, burst: burst ?? burstOf(per_second) })),
  );
}
