/** Looks into JSON of unknown form. */

export type Json = unknown;

export type JsonObject = Readonly<Record<string, Json>>;

/** Parses JSON; undefined where it is invalid. */
export function parseJson(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value if it is an object and not an array. */
export function toObject(value: Json): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** A member of the value, if that is an object. */
export function memberOf(value: Json, key: string): Json {
  return toObject(value)?.[key];
}

/** The value if it is an array, else an empty one. */
export function toArray(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** Whether there is anything in it: text, items, members, a number, `true`. */
export function isFilled(value: Json): boolean {
  if (value === null || value === undefined || value === false || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** Whether any member of `object` is filled, apart from those in `but`. */
export function hasFilled(object: JsonObject | undefined, but: ReadonlySet<string>): boolean {
  return object !== undefined && Object.keys(object).some((key) => !but.has(key) && isFilled(object[key]));
}
