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

/** CPU seconds used so far, in user and kernel mode (to 10 ms). */
export function cpuOf(pid: number): number {
  return family(pid).reduce((sum, one) => {
    const fields = read(`/proc/${one}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    return sum + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
  }, 0);
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
