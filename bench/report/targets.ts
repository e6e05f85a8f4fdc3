/** What each program is meant to reach, and whether it does. */

import type { OwnProgram, Program } from "../programs.ts";
import type { Results } from "../rounds.ts";
import { digits, markdown, ratioOf } from "./table.ts";

interface Quantity {
  readonly title: string;
  /** NaN where it wasn't measured. */
  of(results: Results, program: Program): number;
}

const MB = 1024 ** 2 / 1e6;

const times = (column: string, title: string, to: (program: Program) => string | undefined): Quantity => ({
  title,
  of: (results, program) => ratioOf(results, column, program.name, to(program)) ?? Number.NaN,
});

const figure = (column: string, title: string, scale = 1): Quantity => ({
  title,
  of: (results, { name }) => (results.get(name)?.[column] ?? Number.NaN) * scale,
});

const rawOf = ({ raw }: Program): string | undefined => raw;
const nginxOf = (): string => "nginx";

const QUANTITIES = {
  requestRaw: times("CPU µs a request", "CPU per request: × RAW", rawOf),
  requestNginx: times("CPU µs a request", "× nginx", nginxOf),
  chunkRaw: times("CPU µs a chunk", "CPU per SSE chunk: × RAW", rawOf),
  chunkNginx: times("CPU µs a chunk", "× nginx", nginxOf),
  addedMs: figure("added p50 ms", "added p50 at 200/s, ms"),
  idle: figure("RSS MiB, idle", "RSS idle, MB", MB),
  load: { title: "RSS under load: × idle", of: loadOverIdle },
  firstAnswer: figure("first answer after ms", "first answer, ms"),
} as const satisfies Readonly<Record<string, Quantity>>;

type Key = keyof typeof QUANTITIES;

const COMMON = { requestRaw: 1.3, load: 2.5 };

const BUN = { ...COMMON, requestNginx: 2.5, chunkRaw: 1.3, chunkNginx: 1.3, addedMs: 0.3, idle: 70 };

/** Each at most. */
const TARGETS: Readonly<Record<OwnProgram["kind"], Readonly<Partial<Record<Key, number>>>>> = {
  node: { ...COMMON, requestNginx: 5.5, chunkRaw: 1.2, chunkNginx: 3, addedMs: 0.5, idle: 90 },
  bun: BUN,
  binary: { ...BUN, firstAnswer: 150 },
  deno: { ...COMMON, requestNginx: 5, chunkRaw: 1.6, chunkNginx: 1.6, addedMs: 0.4, idle: 110 },
};

/** The most that it held after either kind of load. */
function loadOverIdle(results: Results, { name }: Program): number {
  const figures = results.get(name) ?? {};
  const held = [figures["RSS MiB, requests"], figures["RSS MiB, streams"]].filter((mib) => mib !== undefined);
  return Math.max(...held) / (figures["RSS MiB, idle"] ?? Number.NaN);
}

const isOwn = (program: Program): program is Program & { readonly kind: OwnProgram["kind"] } =>
  program.kind in TARGETS;

/** Markdown: a row for each of this project's programs. */
export function targetsOf(results: Results, programs: readonly Program[]): string {
  const keys = Object.keys(QUANTITIES) as readonly Key[];
  const header = ["program", ...keys.map((key) => QUANTITIES[key].title)];
  const rows = programs
    .filter(isOwn)
    .map((program) => [
      program.name,
      ...keys.map((key) => cell(QUANTITIES[key].of(results, program), TARGETS[program.kind][key])),
    ]);
  return markdown([header, ...rows]);
}

function cell(value: number, most: number | undefined): string {
  if (!Number.isFinite(value)) return "";
  if (most === undefined) return digits(value);
  return value <= most ? `${digits(value)} ≤ ${most} ✓` : `**${digits(value)} > ${most} ✗**`;
}
