/** The paths of routes: their syntax. */

import { compileRegex, type SegmentRegex } from "./segment-regex.ts";

/** One segment of a route's path. */
export type RouteSegment =
  | { readonly type: "static"; readonly text: string }
  /** `/{name:regex}`: one segment that the regex matches whole. */
  | { readonly type: "regex"; readonly name: string; readonly source: string }
  /** `/:name`: one segment. */
  | { readonly type: "parameter"; readonly name: string }
  /** `*` in the middle: one segment. */
  | { readonly type: "any" }
  /** `/*` at the end: the rest of the path, or nothing. */
  | { readonly type: "rest" };

export type ParsedRoute = { readonly segments: readonly RouteSegment[] } | { readonly problem: string };

/** Parses a route's path; `problem` says what was found and what is allowed. */
export function parseRoutePath(path: string): ParsedRoute {
  if (!path.startsWith("/"))
    return { problem: `found ${JSON.stringify(path)}, expected a path that begins with /` };
  const texts = splitSegments(path);
  if (texts === undefined) return { problem: "found { without }, expected /{name:regex}" };
  const segments: RouteSegment[] = [];
  for (const [i, text] of texts.entries()) {
    const segment = parseSegment(text, i === texts.length - 1);
    if (typeof segment === "string") return { problem: segment };
    segments.push(segment);
  }
  return { segments };
}

/** What is wrong with a route's path, or undefined. */
export function routePathProblem(path: string): string | undefined {
  const parsed = parseRoutePath(path);
  return "problem" in parsed ? parsed.problem : undefined;
}

/** Splits at slashes, save those inside `{…}`; undefined when a brace stays open. */
function splitSegments(path: string): readonly string[] | undefined {
  const texts: string[] = [];
  let start = 1;
  for (let i = 1; i <= path.length; i += 1) {
    if (path[i] === "{") {
      const end = closingBrace(path, i);
      if (end < 0) return undefined;
      i = end;
    } else if (i === path.length || path[i] === "/") {
      texts.push(path.slice(start, i));
      start = i + 1;
    }
  }
  return texts;
}

/** The `}` that closes the `{` at `open`, past escapes, character classes and the regex's own braces; -1 if none. */
function closingBrace(text: string, open: number): number {
  let depth = 0;
  let inClass = false;
  for (let i = open; i < text.length; i += 1) {
    const char = text[i];
    if (char === "\\") i += 1;
    else if (inClass) inClass = char !== "]";
    else if (char === "[") inClass = true;
    else if (char === "{") depth += 1;
    else if (char === "}") {
      depth -= 1;
      if (depth === 0) return i;
    }
  }
  return -1;
}

const NAME = /^[A-Za-z_][\w-]*$/;
const REGEX = /^\{([A-Za-z_][\w-]*):([\s\S]+)\}$/;

function parseSegment(text: string, isLast: boolean): RouteSegment | string {
  if (text === "*") return { type: isLast ? "rest" : "any" };
  if (text === "" && !isLast) return "found an empty segment (//), expected segments with one / between them";
  if (text.startsWith(":")) {
    const name = text.slice(1);
    if (NAME.test(name)) return { type: "parameter", name };
    return `found ${JSON.stringify(text)}, expected a name of letters, digits, - and _ after the colon`;
  }
  if (text.startsWith("{") && text.endsWith("}")) return parseRegex(text);
  if (/[*{}]/.test(text))
    return `found ${JSON.stringify(text)}, expected * and {name:regex} as whole segments`;
  if (/[?#\s]/.test(text)) return `found ${JSON.stringify(text)}, expected a path without ?, # and spaces`;
  return { type: "static", text };
}

function parseRegex(text: string): RouteSegment | string {
  const [, name, source] = REGEX.exec(text) ?? [];
  if (name === undefined || source === undefined) {
    return `found ${JSON.stringify(text)}, expected {name:regex}; a name without a regex is written /:name`;
  }
  const compiled = compileRegex(source);
  return "problem" in compiled ? compiled.problem : { type: "regex", name, source };
}

/** A segment's regex, which the config has checked. Throws a `TypeError` when it is none. */
export function compileSegment(source: string): SegmentRegex {
  const compiled = compileRegex(source);
  if ("problem" in compiled) throw new TypeError(compiled.problem);
  return compiled.regex;
}
