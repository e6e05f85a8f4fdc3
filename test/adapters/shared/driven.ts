import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ClientOptions } from "../../../src/runtime/runtime.ts";
import type { Command, Result } from "./driver.ts";

export const WEB_RUNTIMES = ["bun", "deno"] as const;
export type WebRuntime = (typeof WEB_RUNTIMES)[number];

const ROOT = join(import.meta.dirname, "../../..");

/** A process of the runtime that runs its driver. */
export interface Driven {
  call(command: Command): Promise<Result>;
  /** Everything on standard error. */
  readonly stderr: string;
  close(): void;
}

export function startDriver(runtime: WebRuntime, env: Readonly<Record<string, string>> = {}): Driven {
  const { command, args } = commandOf(runtime);
  const child = spawn(command, [...args, join(ROOT, `test/adapters/${runtime}/driver.mjs`)], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", NO_COLOR: "1", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const waiting = new Map<number, (result: Result) => void>();
  let last = 0;
  let stderr = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, ...result } = JSON.parse(line) as Result & { readonly id: number };
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.on("exit", (code) => {
    for (const settle of waiting.values()) settle({ message: `${runtime} ended with ${code}: ${stderr}` });
  });
  return {
    call(command) {
      last += 1;
      const id = last;
      child.stdin.write(`${JSON.stringify({ id, ...command })}\n`);
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    get stderr() {
      return stderr;
    },
    close: () => void child.kill("SIGKILL"),
  };
}

function commandOf(runtime: WebRuntime): { readonly command: string; readonly args: readonly string[] } {
  const command = join(ROOT, "node_modules/.bin", runtime);
  if (runtime === "bun") return { command, args: [] };
  const { tasks } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")) as { tasks: { start: string } };
  const flags = tasks.start.split(" ").filter((word) => word.startsWith("--"));
  return { command, args: ["run", "--no-check", ...flags] };
}

/** Options of a client whose connections take at most a second. */
export function clientOptions(more: Partial<ClientOptions> = {}): ClientOptions {
  return { connectTimeout: 1_000, idleTimeout: 30_000, keepAlive: 60_000, ...more };
}
