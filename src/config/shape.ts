/**
 * Goes along a file's tree beside the schema and makes the plain value that valibot is to check: references replaced,
 * keys without a value left out, and with them the blocks that are off and what is not used. What valibot can't say
 * is said here: all unknown keys, both names of one key, and where a map stands for a list.
 */

import type { Reporter } from "./diagnostics.ts";
import { didYouMean, type Nearest } from "./nearest.ts";
import { BROKEN, type Entry, isNull, type MapNode, type Node, type Path, type ScalarNode } from "./node.ts";
import { checkOffBlock } from "./off.ts";
import type { Resolved } from "./references.ts";
import { expectationOf, marksOf, ownEntry, type Schema, unwrap, type Variants } from "./schema/marks.ts";

export interface ShapeDeps {
  readonly report: Reporter;
  readonly nearest: Nearest;
  readonly resolve: (node: ScalarNode) => Resolved;
}

export interface Shaped {
  /** What is in it is as the schema wants it, or checked by the schema. */
  readonly value: unknown;
  /** The nodes that were reported already. */
  readonly failed: ReadonlySet<Node>;
  /** Blocks that are on because they are there. */
  readonly implicitlyOn: readonly { readonly at: number; readonly path: Path }[];
}

export function shape(root: Node, schema: Schema, { report, nearest, resolve }: ShapeDeps): Shaped {
  const failed = new Set<Node>();
  const implicitlyOn: { readonly at: number; readonly path: Path }[] = [];

  function visit(node: Node, outer: Schema, path: Path): unknown {
    const inner = unwrap(outer);
    if (node.kind === "scalar") return visitScalar(node, inner, path);
    if (node.kind === "map" && inner.entries !== undefined) return visitMap(node, inner, path);
    if (node.kind === "seq" && inner.item !== undefined) {
      const { item } = inner;
      return node.items.map((one, i) => visit(one, item, [...path, i]));
    }
    const found = node.kind === "map" ? "a map" : "a list";
    return fail(node, path, `found ${found}, expected ${expectationOf(inner)}`);
  }

  function visitScalar(node: ScalarNode, inner: Schema, path: Path): unknown {
    if (node.value === BROKEN) return fail(node, path);
    const resolved = resolve(node);
    if ("problems" in resolved) return fail(node, path, ...resolved.problems);
    const isBlock = inner.entries !== undefined || inner.item !== undefined;
    // An empty list item, say: valibot's own message would show the value, which may be a secret.
    if (isBlock && resolved.value !== null)
      return fail(node, path, `found a single value, expected ${expectationOf(inner)}`);
    return resolved.value;
  }

  function visitMap(map: MapNode, inner: Schema, path: Path): unknown {
    const keys = knownKeys(map, inner, path);
    const { switchable, variants } = marksOf(inner);
    if (switchable) {
      const enabled = keys.get("enabled");
      const isOff = enabled !== undefined && scalarOf(enabled.value) === false;
      if (isOff) {
        checkOffBlock(keys, inner, path, { report, scalarOf });
        return undefined;
      }
      if (enabled === undefined || isNull(enabled.value)) implicitlyOn.push({ at: map.at, path });
    }
    const kind = variants && kindOf(keys, variants);
    const value: Record<string, unknown> = {};
    for (const [key, { keyAt, value: node }] of keys) {
      if (variants !== undefined && isLeftOver(key, kind, variants)) {
        if (!isNull(node)) report.warning(keyAt, [...path, key], `not used: ${variants.key} is ${kind}`);
        continue;
      }
      const shaped = visit(node, inner.entries?.[key] as Schema, [...path, key]);
      // A key without a value is a key that is not there.
      if (shaped !== undefined && shaped !== null) value[key] = shaped;
    }
    return value;
  }

  /** The keys that the schema has and the program uses. */
  function knownKeys(map: MapNode, inner: Schema, path: Path): ReadonlyMap<string, Entry> {
    const keys = new Map<string, Entry>();
    const { freePrefix } = marksOf(inner);
    for (const [key, entry] of map.entries) {
      const own = ownEntry(inner, key);
      const at = [...path, key];
      if (own === undefined) {
        if (freePrefix === undefined || !key.startsWith(freePrefix))
          reportUnknown(entry.keyAt, at, key, inner);
        continue;
      }
      const { unused, aliasOf } = marksOf(own);
      if (unused !== undefined) report.warning(entry.keyAt, at, `not used: ${unused}`);
      else keys.set(key, entry);
      if (aliasOf !== undefined && map.entries.has(aliasOf)) {
        report.error(entry.keyAt, at, `found both ${aliasOf} and ${key}, expected one: they are the same`);
      }
    }
    return keys;
  }

  function reportUnknown(keyAt: number, path: Path, key: string, { entries }: Schema): void {
    const allowed = Object.keys(entries ?? {});
    const message = `unknown key, expected one of ${allowed.join(", ")}`;
    report.error(keyAt, path, message + didYouMean(nearest(key, allowed)));
  }

  /** A scalar's value where one is needed before its turn; its problems are reported when that comes. */
  function scalarOf(node: Node): unknown {
    if (node.kind !== "scalar") return undefined;
    const resolved = resolve(node);
    return "value" in resolved ? resolved.value : undefined;
  }

  function kindOf(keys: ReadonlyMap<string, Entry>, { key, fallback }: Variants): unknown {
    const entry = keys.get(key);
    return (entry && scalarOf(entry.value)) ?? fallback;
  }

  function fail(node: Node, path: Path, ...messages: readonly string[]): undefined {
    failed.add(node);
    for (const message of messages) report.error(node.at, path, message);
    return undefined;
  }

  return { value: visit(root, schema, []), failed, implicitlyOn };
}

/** Whether a key belongs to another kind of the block. A kind that is not known has no left-overs. */
function isLeftOver(key: string, kind: unknown, { needs }: Variants): boolean {
  if (typeof kind !== "string" || !Object.hasOwn(needs, kind)) return false;
  return !needs[kind]?.includes(key) && Object.values(needs).some((keys) => keys.includes(key));
}
