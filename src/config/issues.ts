/** Valibot's issues → diagnostics: what was found and what is allowed, without showing a secret. */

import type * as v from "valibot";
import type { Reporter } from "./diagnostics.ts";
import { didYouMean, type Nearest } from "./nearest.ts";
import { find, type Node } from "./node.ts";
import { withoutDefaults } from "./references.ts";
import {
  expectationOf,
  type Marks,
  MISSING,
  marksOf,
  type Schema,
  saidBy,
  schemaAt,
  unwrap,
} from "./schema/marks.ts";
import { showUrl } from "./url.ts";

export interface IssueDeps {
  readonly root: Node;
  readonly schema: Schema;
  /** Nodes that were reported already. */
  readonly failed: ReadonlySet<Node>;
  readonly report: Reporter;
  readonly nearest: Nearest;
}

export function reportIssue(
  issue: v.BaseIssue<unknown>,
  { root, schema, failed, report, nearest }: IssueDeps,
): void {
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  const { node, at } = find(root, path);
  if (node !== undefined && failed.has(node)) return;
  const own = schemaAt(schema, path) ?? schema;
  const said = saidBy(issue.message);
  if (said !== undefined) {
    report.error(at, path, said);
    return;
  }
  const expected = `expected ${expectationOf(own)}`;
  // A key without a value, or one whose reference came to nothing, is as good as not there.
  const isMissing = issue.input === undefined || issue.message === MISSING;
  if (isMissing) {
    report.error(at, path, `missing, ${expected}`);
    return;
  }
  const marks = marksOf(own);
  // A text where none belongs may be anything, a password too; what was meant as a number or a switch can be told.
  const isStray =
    ["number", "boolean"].includes(issue.type) &&
    typeof issue.input === "string" &&
    !MEANT_AS_VALUE.test(issue.input);
  const found = describe(node, issue.input, isStray ? { ...marks, secret: true } : marks);
  const isUnquoted = issue.type === "string" && ["number", "boolean"].includes(typeof issue.input);
  const hint = isUnquoted ? " — in quotes it is a text" : suggest(issue.input, own, nearest);
  report.error(at, path, `found ${found}, ${expected}${hint}`);
}

/** `80`, `1.5s`, `64MB`, `yes`: shown where a number or a switch belongs. */
const MEANT_AS_VALUE = /^(?:[-+.]?\d[\w.,: ]{0,11}|[a-z]{1,5}|)$/i;

/** Longer texts are cut. */
const MAX_SHOWN = 60;

function describe(node: Node | undefined, value: unknown, { secret, url }: Marks): string {
  const source = node?.kind === "scalar" ? node.value : undefined;
  const hasReference = typeof source === "string" && source.includes("${");
  if (hasReference)
    return `${secret ? "***" : kindOf(value)} from ${quote(url ? showUrl(withoutDefaults(source)) : withoutDefaults(source))}`;
  if (typeof value === "string") {
    if (secret) return value === "" ? "an empty text" : "***";
    return quote(url ? showUrl(value) : value);
  }
  if (secret || typeof value === "object") return kindOf(value);
  return String(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  switch (typeof value) {
    case "string":
      return "a text";
    case "number":
    case "bigint":
      return "a number";
    case "boolean":
      return "true or false";
    default:
      return "a map";
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}

/** For a misspelt one of several words. A reference's value is compared too, but only the word is shown. */
function suggest(value: unknown, schema: Schema, nearest: Nearest): string {
  const { options } = unwrap(schema);
  if (options === undefined || typeof value !== "string") return "";
  return didYouMean(
    nearest(
      value,
      options.filter((option) => typeof option === "string"),
    ),
  );
}
