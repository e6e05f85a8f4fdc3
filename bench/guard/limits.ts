/** What each program is known to cost beside its raw one, and how much more is too much. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const COSTS = ["request", "chunk"] as const;
export type Cost = (typeof COSTS)[number];

/** CPU time × RAW, by program. */
export type Ratios = Readonly<Record<string, Readonly<Record<Cost, number>>>>;

/** A change may make it so much dearer: smaller steps are for `npm run bench` to see. */
const DEARER = 0.25;

/** Medians of runs of unchanged code differ by so much at most: see README.md. */
const NOISE = 0.25;

const FILE = join(import.meta.dirname, "../guard.json");

export function recorded(): Ratios {
  return JSON.parse(readFileSync(FILE, "utf8")) as Ratios;
}

export function record(ratios: Ratios): void {
  writeFileSync(FILE, `${JSON.stringify(ratios, null, 2)}\n`);
}

/** The most that is let through. Infinity where nothing is recorded. */
export function limitOf(ratios: Ratios, name: string, cost: Cost): number {
  return (ratios[name]?.[cost] ?? Number.POSITIVE_INFINITY) * (1 + DEARER + NOISE);
}
