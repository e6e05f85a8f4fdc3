/** How each of the four programs is started. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

export const PROGRAM_NAMES = ["node", "bun", "deno", "binary"] as const;
export type ProgramName = (typeof PROGRAM_NAMES)[number];

/** The project's folder. */
export const ROOT = join(import.meta.dirname, "../..");

/**
 * The command of a program, and the file that must have been built for it.
 *
 * @param denoFlags @default those of `deno task start`
 */
export function commandOf(
  name: ProgramName,
  denoFlags?: readonly string[],
): { command: string; args: readonly string[]; built?: string } {
  switch (name) {
    case "node":
      // The soak's own process is Bun's.
      return {
        command: process.versions["bun"] === undefined ? process.execPath : "node",
        args: [join(ROOT, "dist/node.js")],
        built: "dist/node.js",
      };
    case "bun":
      return { command: join(ROOT, "node_modules/.bin/bun"), args: [join(ROOT, "adapters/bun.ts")] };
    case "deno":
      return { command: join(ROOT, "node_modules/.bin/deno"), args: denoArgs(denoFlags) };
    case "binary":
      return { command: join(ROOT, "dist/llmproxy"), args: [], built: "dist/llmproxy" };
  }
}

const DENO_CONFIG = join(ROOT, "deno.json");

/** What `deno task start` runs, by absolute paths. */
function denoArgs(flags: readonly string[] = startTaskFlags()): readonly string[] {
  return ["run", "--config", DENO_CONFIG, ...flags, join(ROOT, "adapters/deno.ts")];
}

/** The flags of `deno task start`. */
export function startTaskFlags(): readonly string[] {
  const config = JSON.parse(readFileSync(DENO_CONFIG, "utf8")) as {
    tasks: { start: string | { command: string } };
  };
  const task = config.tasks.start;
  const words = (typeof task === "string" ? task : task.command).split(/\s+/);
  return words.filter((word) => word.startsWith("-"));
}
