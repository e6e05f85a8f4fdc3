/** Smaller cases that may fail in the same way. */

import type { AnswerCase } from "./answers.ts";
import type { ClientCase, Step } from "./clients.ts";

export function* smallerAnswers(one: AnswerCase): Generator<AnswerCase> {
  if (one.splits.length > 0) yield { ...one, splits: [] };
  for (const parts of without(one.parts)) yield { ...one, parts, splits: [] };
  for (const parts of without(one.parts)) yield { ...one, parts };
  if (one.forward !== "plain") yield { ...one, forward: "plain" };
  if (one.method !== "GET") yield { ...one, method: "GET", body: "" };
  if (one.ending !== "fin") yield { ...one, ending: "fin" };
  for (const [i, part] of one.parts.entries()) {
    for (const text of shorter(part)) yield { ...one, parts: one.parts.with(i, text) };
  }
}

export function* smallerClients(one: ClientCase): Generator<ClientCase> {
  // A request without a part of it would be another case.
  for (const groups of without(groupsOf(one.steps))) yield { ...one, steps: groups.flat() };
  if (one.ending !== "wait") yield { ...one, ending: "wait" };
  for (const [i, step] of one.steps.entries()) {
    if (step.do !== "send odd") continue;
    for (const bytes of shorter(step.bytes)) yield { ...one, steps: one.steps.with(i, { ...step, bytes }) };
  }
  for (const [i, step] of one.steps.entries()) {
    const next = one.steps[i + 1];
    if (step.do === "send" && step.expected === undefined && next?.do === "send") {
      const merged: Step = { ...next, bytes: step.bytes + next.bytes };
      yield { ...one, steps: [...one.steps.slice(0, i), merged, ...one.steps.slice(i + 2)] };
    }
  }
}

/** Steps by request: one that is sent in several pieces is one group. */
function groupsOf(steps: readonly Step[]): Step[][] {
  const groups: Step[][] = [];
  let isOpen = false;
  for (const step of steps) {
    const last = groups.at(-1);
    if (isOpen && last !== undefined) last.push(step);
    else groups.push([step]);
    if (step.do === "send") isOpen = step.expected === undefined;
  }
  return groups;
}

/** The list without a run of its entries: long runs first. */
function* without<T>(list: readonly T[]): Generator<T[]> {
  for (let size = Math.ceil(list.length / 2); size > 0; size = Math.floor(size / 2)) {
    for (let at = 0; at < list.length; at += size) yield [...list.slice(0, at), ...list.slice(at + size)];
    if (size === 1) return;
  }
}

function* shorter(text: string): Generator<string> {
  for (let size = Math.ceil(text.length / 2); size > 0; size = Math.floor(size / 2)) {
    for (let at = 0; at < text.length; at += size) yield text.slice(0, at) + text.slice(at + size);
    // Single bytes of a long text are not worth the time.
    if (size === 1 || size < text.length / 64) return;
  }
}
