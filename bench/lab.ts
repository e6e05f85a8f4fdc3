/** Where one run of a benchmark takes place: a folder and processes, all gone when it is over, however it ends. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Running, start } from "./run.ts";

export interface Lab {
  readonly folder: string;
  /** A new folder inside it. */
  subfolder(): string;
  /** Starts a process that doesn't outlive the lab. `openFiles`: so many, if the system's limit is lower. */
  launch(command: readonly string[], openFiles?: number): Running;
  /** Ends what still runs and removes the folder. */
  close(): Promise<void>;
}

export function createLab(): Lab {
  const folder = mkdtempSync(join(tmpdir(), "llmproxy-bench-"));
  const running: Running[] = [];
  const remove = (): void => rmSync(folder, { recursive: true, force: true });

  // A run that fails or is interrupted leaves nothing behind either.
  process.once("exit", () => {
    for (const one of running) one.kill();
    remove();
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

  return {
    folder,
    subfolder: () => mkdtempSync(join(folder, "program-")),
    launch(command, openFiles) {
      const one = start(command, openFiles);
      running.push(one);
      return one;
    },
    async close() {
      await Promise.all(running.map((one) => one.stop()));
      remove();
    },
  };
}
