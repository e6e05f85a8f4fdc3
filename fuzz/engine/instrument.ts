/** Coverage: puts a counter into every branch of a JavaScript module. */

import { parseAst } from "vitest/node";

/** Name of the global array of counters. */
export const HITS = "$hits";

export interface Instrumented {
  readonly code: string;
  /** Number of counters. */
  readonly sites: number;
}

type Syntax = Readonly<Record<string, unknown>> & {
  readonly type: string;
  readonly start: number;
  readonly end: number;
};

/**
 * Counts each function's body, each arm of `if`, `?:` and `switch`, each loop's and `catch`'s body and each right side
 * of `&&`, `||` and `??`. What the module does stays the same.
 */
export function instrument(code: string): Instrumented {
  const before = new Map<number, string>();
  const after = new Map<number, string>();
  let sites = 0;

  function open(at: number, text: string): void {
    before.set(at, (before.get(at) ?? "") + text);
  }
  /** Of two that end in one place, the inner one, which is visited later, closes first. */
  function close(at: number, text: string): void {
    after.set(at, text + (after.get(at) ?? ""));
  }
  function hit(): string {
    sites += 1;
    return `${HITS}[${sites - 1}]++`;
  }
  function statement(node: Syntax): void {
    const isBlock = node.type === "BlockStatement";
    open(isBlock ? node.start + 1 : node.start, `${isBlock ? "" : "{"}${hit()};`);
    if (!isBlock) close(node.end, "}");
  }
  function expression(node: Syntax): void {
    open(node.start, `(${hit()},`);
    close(node.end, ")");
  }

  function visit(node: Syntax): void {
    for (const part of branchesOf(node)) {
      if (part.type === "BlockStatement" || part.type.endsWith("Statement")) statement(part);
      else expression(part);
    }
    const [first] = node.type === "SwitchCase" ? (node["consequent"] as readonly Syntax[]) : [];
    if (first !== undefined) open(first.start, `${hit()};`);
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isSyntax(child)) visit(child);
    }
  }

  visit(parseAst(code) as unknown as Syntax);
  return { code: insert(code, before, after), sites };
}

const BRANCHES: Readonly<Record<string, readonly string[]>> = {
  FunctionDeclaration: ["body"],
  FunctionExpression: ["body"],
  ArrowFunctionExpression: ["body"],
  IfStatement: ["consequent", "alternate"],
  ConditionalExpression: ["consequent", "alternate"],
  LogicalExpression: ["right"],
  ForStatement: ["body"],
  ForInStatement: ["body"],
  ForOfStatement: ["body"],
  WhileStatement: ["body"],
  DoWhileStatement: ["body"],
  CatchClause: ["body"],
};

function branchesOf(node: Syntax): readonly Syntax[] {
  const keys = Object.hasOwn(BRANCHES, node.type) ? (BRANCHES[node.type] ?? []) : [];
  return keys.map((key) => node[key]).filter(isSyntax);
}

function isSyntax(value: unknown): value is Syntax {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function insert(
  code: string,
  before: ReadonlyMap<number, string>,
  after: ReadonlyMap<number, string>,
): string {
  const places = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b);
  let out = "";
  let at = 0;
  for (const place of places) {
    out += code.slice(at, place) + (after.get(place) ?? "") + (before.get(place) ?? "");
    at = place;
  }
  return out + code.slice(at);
}
