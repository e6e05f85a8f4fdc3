/** A YAML file as a tree in which every value knows its place. Aliases and merge keys are resolved. */

export type Node = ScalarNode | MapNode | SeqNode;

export interface ScalarNode {
  readonly kind: "scalar";
  /** Offset in the file. */
  readonly at: number;
  readonly value: unknown;
  /** Written without quotes and not as a block: what YAML gives a type by its looks. */
  readonly plain: boolean;
}

export interface MapNode {
  readonly kind: "map";
  readonly at: number;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly keyAt: number;
  readonly value: Node;
}

export interface SeqNode {
  readonly kind: "seq";
  readonly at: number;
  readonly items: readonly Node[];
}

/** Keys and indexes from the root. */
export type Path = readonly (string | number)[];

/** Where a path leads: its node, if there is one, and the place to point at. */
export interface Found {
  readonly node?: Node;
  readonly at: number;
}

/** Follows a path. Where it leads nowhere, `at` is the place of the last value that is there. */
export function find(root: Node, path: Path): Found {
  let at = root.at;
  let node: Node = root;
  for (const key of path) {
    const next = childOf(node, key);
    if (next === undefined) return { at };
    node = next.value;
    // A key without a value has no place of its own.
    at = isNull(node) ? next.keyAt : node.at;
  }
  return { node, at };
}

function childOf(node: Node, key: string | number): Entry | undefined {
  if (node.kind === "map") return node.entries.get(String(key));
  if (node.kind === "scalar" || typeof key !== "number") return undefined;
  const value = node.items[key];
  return value === undefined ? undefined : { keyAt: value.at, value };
}

/** Whether a node is YAML's null: `~`, `null`, or nothing at all. */
export function isNull(node: Node): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** `upstreams[1].auth.token`. Keys that are no plain words are quoted. */
export function formatPath(path: Path): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else if (!/^[\w-]+$/.test(key)) text += `[${JSON.stringify(key)}]`;
    else text += text === "" ? key : `.${key}`;
  }
  return text;
}

/** The value of a scalar that was reported already and is to be passed over. */
export const BROKEN: unique symbol = Symbol("broken");
