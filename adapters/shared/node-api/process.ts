import { readdirSync, readFileSync, write as writeFile } from "node:fs";
import process from "node:process";
import { isatty } from "node:tty";
import type { ProcessStats, Runtime } from "../../../src/runtime/runtime.ts";
import { onDefect } from "./defects.ts";
import { denoPermissions } from "./deno-permissions.ts";
import { createOutput, type Write } from "./output.ts";
import { readTextFile } from "./read-file.ts";
import { writeError } from "./write-error.ts";

const STDOUT = 1;

/** The members of a runtime that concern the process and are the same wherever `node:process` is. */
type ProcessMembers = Pick<
  Runtime,
  | "readTextFile"
  | "env"
  | "write"
  | "writeError"
  | "flush"
  | "isTerminal"
  | "onSignal"
  | "onDefect"
  | "exit"
  | "processStats"
  | "denoPermissions"
>;

/**
 * @param writeOut writes to standard output
 * @default by `node:fs`, in the runtime's thread pool
 */
export function createProcess(
  writeOut: Write = (bytes, done) => writeFile(STDOUT, bytes, done),
): ProcessMembers {
  const output = createOutput(writeOut);
  const { write, flush } = output;
  return {
    readTextFile,
    env: (name) => process.env[name],
    write,
    writeError,
    flush,
    isTerminal: isatty(STDOUT),
    onSignal,
    onDefect,
    exit: (code) => process.exit(code),
    processStats: () => ({ ...processStats(), logLinesDropped: output.dropped }),
    denoPermissions,
  };
}

export function onSignal(listener: (signal: string) => void): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, listener);
}

/** Figures of this process. Those of descriptors are there only where /proc may be read: not on Deno. */
export function processStats(): ProcessStats {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    cpuUserSeconds: user / 1e6,
    cpuSystemSeconds: system / 1e6,
    residentBytes: rss,
    heapBytes: heapUsed,
    startTimeSeconds: Date.now() / 1000 - process.uptime(),
    ...descriptors(),
  };
}

function descriptors(): ProcessStats {
  try {
    const openFds = readdirSync("/proc/self/fd").length;
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? { openFds } : { openFds, maxFds: Number(limit) };
  } catch {
    return {};
  }
}
