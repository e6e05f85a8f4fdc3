import { readdirSync, readFileSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { isatty } from "node:tty";
import type { ProcessStats, Runtime } from "../../src/runtime.ts";
import { denoPermissions } from "./deno-permissions.ts";
import { createOutput } from "./output.ts";

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
  | "exit"
  | "processStats"
  | "denoPermissions"
>;

export function createProcess(): ProcessMembers {
  const { write, flush } = createOutput(STDOUT);
  return {
    readTextFile,
    env: (name) => process.env[name],
    write,
    writeError,
    flush,
    isTerminal: isatty(STDOUT),
    onSignal,
    exit: (code) => process.exit(code),
    processStats,
    denoPermissions,
  };
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "a part of its path is not a directory",
};

/** Reads a UTF-8 file; the message of the error says why it can't, without the path. */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Error(READ_ERRORS[codeOf(error)] ?? messageOf(error), { cause: error });
  }
}

/** Writes a line to standard error at once, so that it is out even if the process ends next. */
export function writeError(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // Closed or full: there is no other place to say so.
  }
}

export function onSignal(listener: (signal: string) => void): void {
  process.on("SIGTERM", listener);
  process.on("SIGINT", listener);
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

/** The `code` of a system error, or "". */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
