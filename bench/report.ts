/** The table of a run, docs/performance.md and its plot. */

import type { Figures } from "./measures.ts";
import type { Program } from "./programs.ts";

type Results = ReadonlyMap<string, Figures>;

const COLUMNS = [
  "CPU µs a request",
  "requests a second",
  "CPU µs a chunk",
  "chunks a second",
  "chunk on its way p50 ms",
  "chunk on its way p99 ms",
  "added p50 ms",
  "added p99 ms",
  "RSS MiB, idle",
  "RSS MiB, requests",
  "RSS MiB, streams",
  "first answer after ms",
] as const;

/** Those that are compared with others. */
const RATIOS: readonly (typeof COLUMNS)[number][] = ["CPU µs a request", "CPU µs a chunk"];

export function tableOf(results: Results, programs: readonly Program[]): string {
  const shown = COLUMNS.filter((name) =>
    [...results.values()].some((figures) => figures[name] !== undefined),
  );
  const header = [
    "",
    ...shown.flatMap((name) => (RATIOS.includes(name) ? [name, "× RAW", "× nginx"] : [name])),
  ];
  const rows = programs
    .filter(({ name }) => results.has(name))
    .map((program) => [program.name, ...shown.flatMap((name) => cells(results, program, name))]);
  return [header, header.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function cells(
  results: Results,
  { name, raw }: Program,
  column: (typeof COLUMNS)[number],
): readonly string[] {
  const value = results.get(name)?.[column];
  const ratio = (to: string | undefined): string => {
    const base = to === undefined ? undefined : results.get(to)?.[column];
    return value === undefined || base === undefined ? "" : (value / base).toFixed(2);
  };
  const shown = value === undefined ? "" : digits(value);
  return RATIOS.includes(column) ? [shown, ratio(raw), ratio("nginx")] : [shown];
}

function digits(value: number): string {
  if (Number.isNaN(value)) return "";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
export function reportOf(
  results: Results,
  programs: readonly Program[],
  _about: { rounds: number; seconds: number },
): string {
  return tableOf(results, programs);
}
export function plotOf(_results: Results, _programs: readonly Program[]): string {
  return "";
}
