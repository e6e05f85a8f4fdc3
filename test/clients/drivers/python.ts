/** Clients in Python: one process for all of them, asked and answering in lines of JSON. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../../support/program-command.ts";
import type { Client, Target, ToolCall, Trouble } from "../client.ts";

const FOLDER = join(ROOT, "test/clients/python");

/** The interpreter that sees the packages of requirements.txt. */
export const PYTHON = join(FOLDER, ".venv/bin/python");

export interface Python {
  /** A client of the driver's, by its name there. */
  client(name: string, about: Pick<Client, "name" | "errors" | "retries">): Client;
  close(): void;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Starts it. Throws when the packages are not installed. */
export function startPython(): Python {
  if (!existsSync(PYTHON)) throw new Error("there is no test/clients/python/.venv: run npm run test:clients");
  const child = spawn(PYTHON, [join(FOLDER, "driver.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<number, Waiting>();
  let calls = 0;

  createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, result, error } = JSON.parse(line) as Reply;
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(error));
  });
  child.on("close", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`Python ended with ${code}`));
  });

  function call(
    client: string,
    method: string,
    target: Target,
    ...more: readonly unknown[]
  ): Promise<unknown> {
    calls += 1;
    const id = calls;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.stdin.write(`${JSON.stringify({ id, client, method, target, more })}\n`);
    });
  }

  return {
    client: (name, about) => ({
      ...about,
      plain: async (target) => (await call(name, "plain", target)) as string,
      stream: async (target) => (await call(name, "stream", target)) as string[],
      tool: async (target) => (await call(name, "tool", target)) as ToolCall,
      async abort(target) {
        await call(name, "abort", target);
      },
      fail: async (target, retries) => (await call(name, "fail", target, retries)) as Trouble,
    }),
    close: () => void child.kill(),
  };
}
