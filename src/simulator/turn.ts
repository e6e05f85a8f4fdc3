import type { Random } from "../base/clock.ts";
import type { Settings } from "./options.ts";
import { token } from "./random.ts";
import { sample } from "./sample.ts";
import { countTokens, split, stopAt, words } from "./text.ts";

/** What a request asks for, whatever API it came by. */
export interface Ask {
  /** All that counts as input. */
  readonly prompt: string;
  /** The last message, if it is a person's; "" when it is a tool's result. */
  readonly question: string;
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  /** Whether one answer may call several tools. */
  readonly parallel: boolean;
  readonly maxTokens?: number;
  readonly stops: readonly string[];
  /** A JSON answer that fits this schema. */
  readonly schema?: unknown;
}

export interface Tool {
  readonly name: string;
  /** JSON Schema of the arguments. */
  readonly parameters: unknown;
}

export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** An answer, made whole before its first token leaves. Joining a part's tokens gives its text. */
export interface Turn {
  readonly parts: readonly Part[];
  readonly finish: Finish;
  /** The stop sequence that ended it. */
  readonly stop?: string;
  readonly inputTokens: number;
  /** All parts' tokens. */
  readonly outputTokens: number;
}

export type Part =
  | { readonly type: "text"; readonly tokens: readonly string[] }
  | { readonly type: "tool"; readonly id: string; readonly name: string; readonly tokens: readonly string[] };

/** `end`: said all. `length`: at the token limit. `stop`: at a stop sequence. `tools`: waits for their results. */
export type Finish = "end" | "length" | "stop" | "tools";

/**
 * Makes the answer.
 *
 * A tool is called when the choice demands it (the named one; else the first, unless the question names another), or,
 * left to the model, when the question contains a part of the tool's name of at least four letters ("How is the
 * weather?" calls `get_weather`). After a tool's result a text follows.
 */
export function answer(ask: Ask, settings: Settings, random: Random): Turn {
  const called = chosenTools(ask);
  const parts = called.length > 0 ? called.map((tool) => callOf(tool, random)) : [];
  if (parts.length > 0) return limited({ parts, finish: "tools" }, ask);
  const { pieces, stop } = stopAt(textOf(ask, settings, random), ask.stops);
  const text: Part = { type: "text", tokens: pieces };
  return limited(
    { parts: [text], finish: stop === undefined ? "end" : "stop", ...(stop !== undefined && { stop }) },
    ask,
  );
}

function textOf(ask: Ask, settings: Settings, random: Random): readonly string[] {
  if (ask.schema !== undefined) return split(JSON.stringify(sample(ask.schema, random)));
  return words(settings.tokens, settings.name, random);
}

function chosenTools({ tools, toolChoice, question, parallel }: Ask): readonly Tool[] {
  if (toolChoice === "none") return [];
  if (typeof toolChoice === "object") return tools.filter(({ name }) => name === toolChoice.name).slice(0, 1);
  const asked = tools.filter(({ name }) => mentions(question, name));
  const called = asked.length === 0 && toolChoice === "required" ? tools.slice(0, 1) : asked;
  return called.slice(0, parallel ? MAX_CALLS : 1);
}

const MAX_CALLS = 8;

function mentions(question: string, toolName: string): boolean {
  const text = question.toLowerCase();
  const parts = toolName
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}]+/u);
  return parts.some((part) => part.length >= 4 && text.includes(part));
}

function callOf(tool: Tool, random: Random): Part {
  const given = sample(tool.parameters, random);
  return { type: "tool", id: token(24, random), name: tool.name, tokens: split(JSON.stringify(given ?? {})) };
}

/** Cuts an answer at the request's limit and counts it. */
function limited(turn: Pick<Turn, "parts" | "finish" | "stop">, { prompt, maxTokens }: Ask): Turn {
  const inputTokens = countTokens(prompt);
  const planned = turn.parts.reduce((sum, part) => sum + part.tokens.length, 0);
  if (maxTokens === undefined || planned <= maxTokens) return { ...turn, inputTokens, outputTokens: planned };
  const parts: Part[] = [];
  let left = maxTokens;
  for (const part of turn.parts) {
    if (left <= 0) break;
    parts.push({ ...part, tokens: part.tokens.slice(0, left) });
    left -= part.tokens.length;
  }
  return { parts, finish: "length", inputTokens, outputTokens: maxTokens };
}

/** The text of an answer; null when it only calls tools. */
export function turnText(turn: Turn): string | null {
  const text = turn.parts.find((part) => part.type === "text");
  return text ? text.tokens.join("") : null;
}

/** A call's arguments as an object; those that the token limit cut short are no JSON any more and give `{}`. */
export function argumentsOf(call: Part): unknown {
  try {
    return JSON.parse(call.tokens.join(""));
  } catch {
    return {};
  }
}
