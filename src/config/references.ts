/** `${NAME}`, `${NAME:-default}`, `${file:/path}` and the escape `$${` in the strings of a file. */

import { isScalar, type ScalarTag, Schema } from "yaml";
import type { ScalarNode } from "./node.ts";

/** A file's text, or why it can't be read. */
export type FileContent = { readonly text: string } | { readonly problem: string };

export interface Sources {
  readonly env: (name: string) => string | undefined;
  /** By path as written in the reference. */
  readonly file: (path: string) => FileContent | undefined;
}

/** A scalar with its references replaced, or what is wrong with them. */
export type Resolved = { readonly value: unknown } | { readonly problems: readonly string[] };

type Piece =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "variable"; readonly name: string; readonly fallback?: string }
  | { readonly type: "file"; readonly path: string }
  | { readonly type: "problem"; readonly problem: string };

/**
 * Replaces the references of a string; other scalars are returned as they are. What was put in is not looked at
 * again. A plain scalar that is wholly one reference is then read as YAML reads plain scalars: `3000` is a number,
 * nothing is null.
 */
export function resolve(node: ScalarNode, sources: Sources): Resolved {
  const { value, plain } = node;
  if (typeof value !== "string" || !value.includes("${")) return { value };
  const pieces = parse(value);
  const replaced = pieces.map((piece) => replace(piece, sources));
  const problems = replaced.flatMap((one) => ("problem" in one ? [one.problem] : []));
  if (problems.length > 0) return { problems };
  const text = replaced.map((one) => ("text" in one ? one.text : "")).join("");
  const isWhole = plain && pieces.length === 1 && pieces[0]?.type !== "text";
  return { value: isWhole ? readScalar(text) : text };
}

/** The paths of the `${file:…}` references in a string. */
export function filesOf(text: string): readonly string[] {
  return parse(text).flatMap((piece) => (piece.type === "file" ? [piece.path] : []));
}

function parse(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let literal = "";
  const flush = (): void => {
    if (literal !== "") pieces.push({ type: "text", text: literal });
    literal = "";
  };
  for (let at = 0; at < text.length; ) {
    const start = text.indexOf("${", at);
    if (start < 0) {
      literal += text.slice(at);
      break;
    }
    if (start > at && text[start - 1] === "$") {
      literal += `${text.slice(at, start - 1)}\${`;
      at = start + 2;
      continue;
    }
    literal += text.slice(at, start);
    flush();
    const end = text.indexOf("}", start);
    if (end < 0) {
      pieces.push({ type: "problem", problem: `found \${ without }, expected $\${ for a literal \${` });
      break;
    }
    pieces.push(parseBody(text.slice(start + 2, end)));
    at = end + 1;
  }
  flush();
  return pieces;
}

const VARIABLE = /^([A-Za-z_]\w*)(?::-([\s\S]*))?$/;

function parseBody(body: string): Piece {
  if (body.includes("${"))
    return { type: "problem", problem: "found a reference in a reference: they don't nest" };
  if (body.startsWith("file:")) {
    const path = body.slice("file:".length);
    return path === ""
      ? { type: "problem", problem: `found \${file:} without a path` }
      : { type: "file", path };
  }
  const [, name, fallback] = VARIABLE.exec(body) ?? [];
  if (name === undefined) {
    return {
      type: "problem",
      problem: `found a malformed reference, expected \${NAME}, \${NAME:-default}, \${file:/path}, or $\${ for a literal \${`,
    };
  }
  return { type: "variable", name, ...(fallback !== undefined && { fallback }) };
}

function replace(piece: Piece, { env, file }: Sources): FileContent {
  switch (piece.type) {
    case "text":
      return { text: piece.text };
    case "problem":
      return { problem: piece.problem };
    case "variable": {
      const { name, fallback } = piece;
      const value = env(name);
      if (fallback !== undefined) return { text: value === undefined || value === "" ? fallback : value };
      if (value !== undefined) return { text: value };
      return {
        problem: `the environment variable ${name} is not set; \${${name}:-…} would give it a default`,
      };
    }
    case "file": {
      const content = file(piece.path) ?? { problem: "not read" };
      if ("problem" in content)
        return { problem: `the file "${piece.path}" can't be read: ${content.problem}` };
      return { text: content.text.replace(/\r?\n$/, "") };
    }
  }
}

/** What YAML 1.2 (core schema) makes of a plain scalar with this text. */
function readScalar(text: string): unknown {
  const trimmed = text.trim();
  const tag = new Schema({ schema: "core" }).tags.find(
    (one): one is ScalarTag =>
      one.default === true && one.collection === undefined && one.test?.test(trimmed) === true,
  );
  if (tag === undefined) return text;
  const value = tag.resolve(trimmed, () => undefined, {});
  return isScalar(value) ? value.value : value;
}

/** A reference-bearing string as it may be shown: without the defaults in it. */
export function withoutDefaults(text: string): string {
  return text.replace(/:-[^}]*\}/g, "}");
}
