/** How many streams the system's limit of open files has room for. */

import { readFileSync } from "node:fs";

/** Two for each stream in a proxy: its client and its upstream. Elsewhere it is one. */
const EACH = 2;
/** What a process has open beside its streams: listeners, the log, pipes, its own files. */
const OTHERS = 200;

/** The most that this process may allow itself and those that it starts. */
export function openFilesLimit(): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  return hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
}

/** What a process must be allowed to open for so many streams. */
export function openFilesFor(streams: number): number {
  return EACH * streams + OTHERS;
}

/** A number of streams that can be had. */
export interface Reach {
  readonly streams: number;
  /** Why it is not the number that was asked for. */
  readonly note?: string;
}

/** Those numbers that the limit allows, and where it does not allow all, the most that it does (in hundreds). */
export function reachable(numbers: readonly number[], limit: number): readonly Reach[] {
  const most = Math.floor((limit - OTHERS) / EACH / 100) * 100;
  if (numbers.every((streams) => streams <= most)) return numbers.map((streams) => ({ streams }));
  const within = numbers.filter((streams) => streams < most).map((streams) => ({ streams }));
  return [...within, { streams: most, note: "limit of open files" }];
}
