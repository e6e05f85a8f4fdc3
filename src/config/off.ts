/** Blocks that say `enabled: false`. */

import * as v from "valibot";
import type { Reporter } from "./diagnostics.ts";
import { type Entry, isNull, type Node, type Path } from "./node.ts";
import { expectationOf, type Schema } from "./schema/marks.ts";

/**
 * An off block is not checked for what is missing or out of range; a value of the wrong type is an error all the
 * same. References that can't be replaced don't matter here.
 */
export function checkOffBlock(
  keys: ReadonlyMap<string, Entry>,
  block: Schema,
  path: Path,
  { report, scalarOf }: { readonly report: Reporter; readonly scalarOf: (node: Node) => unknown },
): void {
  for (const [key, { keyAt, value: node }] of keys) {
    const schema = block.entries?.[key];
    const value = scalarOf(node);
    if (schema === undefined || isNull(node) || (node.kind === "scalar" && value === undefined)) continue;
    const isWrongType = v.safeParse(schema, value).issues?.some(({ kind }) => kind === "schema");
    if (isWrongType)
      report.error(
        keyAt,
        [...path, key],
        `found a value of the wrong type, expected ${expectationOf(schema)}`,
      );
  }
}
