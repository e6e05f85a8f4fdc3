/** The table of everything that was measured. */

import type { Program } from "../programs.ts";
import type { Results } from "../rounds.ts";

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

type Column = (typeof COLUMNS)[number];

/** Those that are compared with others. */
const RATIOS: readonly Column[] = ["CPU µs a request", "CPU µs a chunk"];

/** Markdown: a row a program, with only those columns that something was measured of. */
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
  return markdown([header, ...rows]);
}

/** Rows of cells, the first of which is the header. */
export function markdown([header = [], ...rows]: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function cells(results: Results, { name, raw }: Program, column: Column): readonly string[] {
  const value = results.get(name)?.[column];
  const shown = value === undefined ? "" : digits(value);
  if (!RATIOS.includes(column)) return [shown];
  const ratio = (to: string | undefined): string => {
    const times = ratioOf(results, column, name, to);
    return times === undefined ? "" : times.toFixed(2);
  };
  return [shown, ratio(raw), ratio("nginx")];
}

/** How many times as much of something one program takes as another; nothing where either wasn't measured. */
export function ratioOf(
  results: Results,
  column: string,
  name: string,
  to: string | undefined,
): number | undefined {
  const value = results.get(name)?.[column];
  const base = to === undefined ? undefined : results.get(to)?.[column];
  return value === undefined || base === undefined ? undefined : value / base;
}

/** Three digits that matter. */
export function digits(value: number): string {
  if (Number.isNaN(value)) return "";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
