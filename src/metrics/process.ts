/** The `process_*` metrics, by the names of the Prometheus client guidelines. */

import { Counter, Gauge, type Registry } from "prom-client";
import type { ProcessStats } from "../runtime.ts";

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
];

/**
 * Registers the figures that this process has: one that is missing at the first look has no metric, rather than a
 * wrong 0.
 *
 * @returns reads them all again; call it before each scrape
 */
export function registerProcessMetrics(registry: Registry, processStats: () => ProcessStats): () => void {
  const first = processStats();
  const updates = FIGURES.filter(({ read }) => read(first) !== undefined).map((figure) =>
    register(figure, registry),
  );
  return () => {
    const stats = processStats();
    for (const update of updates) update(stats);
  };
}

function register({ name, help, type, read }: Figure, registry: Registry): (stats: ProcessStats) => void {
  const registers = [registry];
  if (type === "gauge") {
    const gauge = new Gauge({ name, help, registers });
    return (stats) => {
      const value = read(stats);
      if (value !== undefined) gauge.set(value);
    };
  }
  const counter = new Counter({ name, help, registers });
  return (stats) => {
    const total = read(stats);
    if (total === undefined) return;
    // prom-client's counters can't be set: the total is kept by the system, so start from 0 and add it.
    counter.reset();
    counter.inc(total);
  };
}
