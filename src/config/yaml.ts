/** YAML text → tree. The only place that knows the yaml package's nodes. */

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { createReporter, type Reporter } from "./diagnostics.ts";
import { BROKEN, type Entry, type MapNode, type Node, type Path, type ScalarNode } from "./node.ts";

/** Values that aliases may add to a file: an alias of aliases of aliases stops here. */
export const MAX_ALIASED_VALUES = 500_000;
/** The config needs seven. */
const MAX_DEPTH = 64;
/** Longest text (characters): parsing it takes some hundred times as much memory. Thousands of upstreams fit in. */
export const MAX_LENGTH = 4 * 2 ** 20;

export interface YamlFile {
  /** Absent when the text is no YAML at all; the reporter knows why. */
  readonly root?: Node;
  /** The strings with `${` in them. */
  readonly referring: readonly ScalarNode[];
  readonly report: Reporter;
}

/** Parses one YAML 1.2 document. Never throws: syntax errors, duplicate keys and bad aliases are reported. */
export function readYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  const report = createReporter(file, (offset) => lines.linePos(offset));
  if (text.length > MAX_LENGTH) {
    report.error(0, [], `found ${text.length} characters, expected at most ${MAX_LENGTH}`);
    return { referring: [], report };
  }
  // Unique keys are checked below, in linear time and with both places.
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    uniqueKeys: false,
    prettyErrors: false,
  });
  for (const { code, message, pos } of document.errors) report.error(pos[0], [], describe(code, message));
  if (document.errors.length > 0) return { referring: [], report };
  for (const { code, message, pos } of document.warnings) report.warning(pos[0], [], describe(code, message));
  if (document.contents === null || isEmpty(document)) {
    report.error(0, [], "the file is empty; expected at least http_server, upstreams and upstream_groups");
    return { referring: [], report };
  }
  const builder = createBuilder(report);
  const root = builder.build(document.contents, [], 0);
  return { root, referring: builder.referring, report };
}

function isEmpty({ contents }: Document.Parsed): boolean {
  return isScalar(contents) && contents.value === null;
}

/** Where the parser's own words help little. */
const WORDS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "found a tab, expected spaces as indentation",
  MULTIPLE_DOCS: "found a second YAML document, expected one",
  BLOCK_AS_IMPLICIT_KEY:
    'found a second ": " in one value, expected it in quotes or indented on its own line',
  RESOURCE_EXHAUSTION: `nested too deep to be read, expected at most ${MAX_DEPTH} levels`,
  TAG_RESOLVE_FAILED: "found a tag that is not known, expected none",
};

/** The parser's message without the text that it quotes: that could be a secret. */
function describe(code: string, message: string): string {
  return WORDS[code] ?? message.split(": ")[0] ?? message;
}

type Part = ParsedNode | null | undefined;

function createBuilder(report: Reporter) {
  const anchors = new Map<string, { readonly node: Node; readonly size: number }>();
  const referring: ScalarNode[] = [];
  let values = 0;
  let aliased = 0;

  function build(part: Part, path: Path, fallbackAt: number): Node {
    const at = part?.range[0] ?? fallbackAt;
    if (path.length > MAX_DEPTH) return broken(at, path, `nested deeper than ${MAX_DEPTH} levels`);
    if (isAlias(part)) return follow(part.source, at, path);
    const before = values;
    const node = construct(part, path, at);
    const anchor = part?.anchor;
    // Set when the value is complete: an alias to it from inside finds nothing, so there are no circles.
    if (anchor !== undefined) anchors.set(anchor, { node, size: values - before });
    return node;
  }

  function construct(part: Exclude<Part, { source: string; range: never }>, path: Path, at: number): Node {
    values += 1;
    if (isMap(part)) return buildMap(part as YAMLMap.Parsed, path, at);
    if (isSeq(part)) {
      const items = (part as YAMLSeq.Parsed).items.map((item, i) => build(item, [...path, i], at));
      return { kind: "seq", at, items };
    }
    const scalar = part as Scalar.Parsed | null | undefined;
    const node: ScalarNode = {
      kind: "scalar",
      at,
      value: scalar?.value ?? null,
      plain: scalar?.type === "PLAIN",
    };
    if (typeof node.value === "string" && node.value.includes("${")) referring.push(node);
    return node;
  }

  function buildMap(map: YAMLMap.Parsed, path: Path, at: number): MapNode {
    const entries = new Map<string, Entry>();
    const merged: { readonly node: Node; readonly at: number }[] = [];
    for (const { key, value } of map.items) {
      const keyAt = key?.range?.[0] ?? at;
      if (!isScalar(key)) {
        report.error(keyAt, path, "found a key that is not a text, expected a text");
        continue;
      }
      const isMerge = typeof key.value === "symbol" || (key.value === "<<" && key.type === "PLAIN");
      const name = isMerge ? "<<" : (key.source ?? String(key.value));
      const node = build(value as Part, [...path, name], keyAt);
      if (isMerge) merged.push({ node, at: keyAt });
      else if (entries.has(name))
        report.error(keyAt, [...path, name], "found the key a second time, expected it once");
      else entries.set(name, { keyAt, value: node });
    }
    // What the map says itself wins over what it merges, and of that the first.
    for (const { node, at: mergeAt } of merged) merge(entries, node, mergeAt, path);
    return { kind: "map", at, entries };
  }

  function merge(into: Map<string, Entry>, node: Node, at: number, path: Path): void {
    if (node.kind === "seq") {
      for (const item of node.items) merge(into, item, at, path);
      return;
    }
    if (node.kind === "map") {
      for (const [key, entry] of node.entries) if (!into.has(key)) into.set(key, entry);
      return;
    }
    if (node.value !== BROKEN)
      report.error(at, [...path, "<<"], "expected an alias of a map, or a list of those");
  }

  function follow(name: string, at: number, path: Path): Node {
    const anchor = anchors.get(name);
    if (anchor === undefined) return broken(at, path, "found an alias whose anchor is not set before it");
    aliased += anchor.size;
    values += anchor.size;
    if (aliased > MAX_ALIASED_VALUES) {
      return broken(at, path, `the file's aliases stand for more than ${MAX_ALIASED_VALUES} values`);
    }
    return anchor.node;
  }

  function broken(at: number, path: Path, message: string): ScalarNode {
    report.error(at, path, message);
    return { kind: "scalar", at, value: BROKEN, plain: false };
  }

  return { build, referring: referring as readonly ScalarNode[] };
}
