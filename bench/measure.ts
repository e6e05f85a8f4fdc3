/** What /proc says of a process and its children. */

import { readdirSync, readFileSync } from "node:fs";

/** The process and everything that it started, itself first. */
function family(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => read(`/proc/${pid}/task/${task}/children`).trim().split(" "))
    .filter((child) => child !== "")
    .map(Number);
  return [pid, ...children.flatMap(family)];
}

/** A file's text; empty when the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/**
 * CPU seconds used so far, in user and kernel mode. Its threads' own counters are exact and forget threads that ended;
 * the process's counter forgets none and is cut to 10 ms: both are at most the truth, so the larger is nearer.
 */
export function cpuOf(pid: number): number {
  return family(pid).reduce((sum, one) => sum + Math.max(ofThreads(one), ofProcess(one)), 0);
}

function ofThreads(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => read(`/proc/${pid}/task/${task}/schedstat`).split(" ")[0])
    .reduce((sum, nanoseconds) => sum + Number(nanoseconds ?? 0) / 1e9, 0);
}

function ofProcess(pid: number): number {
  const fields = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

/** Resident MiB. */
export function residentOf(pid: number): number {
  return family(pid).reduce((sum, one) => {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(read(`/proc/${one}/status`))?.[1] ?? 0;
    return sum + Number(kilobytes) / 1024;
  }, 0);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** NaN where there is nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}
