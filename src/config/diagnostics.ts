/** What the loader has to say about a file. */

import { hideKeys } from "../base/secret.ts";
import { formatPath, type Path } from "./node.ts";

export interface Diagnostic {
  readonly file: string;
  /** From 1; 0 when it concerns the file as a whole. */
  readonly line: number;
  /** From 1; 0 when it concerns the file as a whole. */
  readonly column: number;
  /** Key path (`upstreams[1].auth.token`); empty when it concerns no key. */
  readonly path: string;
  /** What was found and what is allowed. Never shows a secret's value, nor what looks like one in a wrong place. */
  readonly message: string;
}

/** `config.yaml:12:7: upstreams[1].url: found "ftp://x", expected an http or https URL`. */
export function formatDiagnostic({ file, line, column, path, message }: Diagnostic): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return visible(path === "" ? `${place}: ${message}` : `${place}: ${path}: ${message}`);
}

/** Without control characters, which JSON leaves in part (DEL, C1) and a terminal obeys. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Collects diagnostics by their offset in the file. */
export interface Reporter {
  error(at: number, path: Path, message: string): void;
  warning(at: number, path: Path, message: string): void;
  /** All so far, in the order of the file. */
  errors(): readonly Diagnostic[];
  warnings(): readonly Diagnostic[];
}

/** @param position line and column, from 1, of an offset */
export function createReporter(
  file: string,
  position: (offset: number) => { readonly line: number; readonly col: number },
): Reporter {
  const errors = createList(file, position);
  const warnings = createList(file, position);
  return { error: errors.add, warning: warnings.add, errors: errors.sorted, warnings: warnings.sorted };
}

function createList(file: string, position: (offset: number) => { line: number; col: number }) {
  // What an alias repeats is said once: the same words about the same key in the same place.
  const found = new Map<string, { readonly at: number; readonly path: Path; readonly message: string }>();
  return {
    add(at: number, path: Path, message: string): void {
      const key = `${at} ${path.at(-1)} ${message}`;
      if (!found.has(key)) found.set(key, { at, path, message });
    },
    sorted(): readonly Diagnostic[] {
      return [...found.values()]
        .sort((a, b) => a.at - b.at)
        .map(({ at, path, message }) => {
          const { line, col } = position(at);
          return { file, line, column: col, path: hideKeys(formatPath(path)), message: hideKeys(message) };
        });
    },
  };
}

/** A diagnostic about the file as a whole. */
export function aboutFile(file: string, message: string): Diagnostic {
  return { file, line: 0, column: 0, path: "", message };
}
