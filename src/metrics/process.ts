/** Metrics of the process; `process_*` by the names of the Prometheus client guidelines. */

import type { ProcessStats } from "../runtime/runtime.ts";
import type { Registering } from "./exposition.ts";
import { registerFamily } from "./family.ts";
import { NumberCell } from "./number-cell.ts";

interface Figure {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly read: (stats: ProcessStats) => number | undefined;
}

const FIGURES: readonly Figure[] = [
  {
    name: "process_cpu_user_seconds_total",
    help: "User CPU time spent in seconds.",
    type: "counter",
    read: (stats) => stats.cpuUserSeconds,
  },
  {
    name: "process_cpu_system_seconds_total",
    help: "System CPU time spent in seconds.",
    type: "counter",
    read: (stats) => stats.cpuSystemSeconds,
  },
  {
    name: "process_cpu_seconds_total",
    help: "User and system CPU time spent in seconds.",
    type: "counter",
    read: ({ cpuUserSeconds, cpuSystemSeconds }) =>
      cpuUserSeconds === undefined || cpuSystemSeconds === undefined
        ? undefined
        : cpuUserSeconds + cpuSystemSeconds,
  },
  {
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    type: "gauge",
    read: (stats) => stats.residentBytes,
  },
  {
    name: "process_heap_bytes",
    help: "JavaScript heap in use in bytes.",
    type: "gauge",
    read: (stats) => stats.heapBytes,
  },
  {
    name: "process_open_fds",
    help: "Number of open file descriptors.",
    type: "gauge",
    read: (stats) => stats.openFds,
  },
  {
    name: "process_max_fds",
    help: "Maximum number of open file descriptors.",
    type: "gauge",
    read: (stats) => stats.maxFds,
  },
  {
    name: "process_start_time_seconds",
    help: "Start time of the process since the Unix epoch in seconds.",
    type: "gauge",
    read: (stats) => stats.startTimeSeconds,
  },
  {
    name: "llmproxy_log_lines_dropped_total",
    help: "Log lines dropped because the reader of standard output was too slow or gone.",
    type: "counter",
    read: (stats) => stats.logLinesDropped,
  },
];

/**
 * Registers the figures that this process has: one that is missing at the first look has no metric, rather than a
 * wrong 0.
 *
 * @returns reads them all again; call it before each scrape
 */
export function registerProcessMetrics(registry: Registering, processStats: () => ProcessStats): () => void {
  const first = processStats();
  const updates = FIGURES.filter(({ read }) => read(first) !== undefined).map((figure) =>
    register(figure, registry),
  );
  return () => {
    const stats = processStats();
    for (const update of updates) update(stats);
  };
}

function register({ name, help, type, read }: Figure, registry: Registering): (stats: ProcessStats) => void {
  const family = registerFamily<never, NumberCell>(registry, {
    name,
    help,
    type,
    labelNames: [],
    createCell: (labels, written) => new NumberCell(labels, written),
  });
  // A counter's total is kept by the system: it is set as a gauge's is.
  const cell = family.cell({});
  return (stats) => {
    const value = read(stats);
    if (value !== undefined) cell.set(value);
  };
}
