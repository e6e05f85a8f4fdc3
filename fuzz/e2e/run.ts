/** Bundles the end-to-end fuzz and runs it in Node, whose sockets send and reset as they are told. */

import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { FUZZ } from "../engine/build.ts";
import type { RunOptions } from "../engine/run.ts";

/** Resolves with whether nothing was found. What is found is printed at once. */
export async function runE2e(
  target: string,
  program: string,
  { seed, seconds, executions, input = "" }: RunOptions & { readonly input?: string | undefined },
): Promise<boolean> {
  const outfile = join(FUZZ, "../dist/fuzz/e2e.mjs");
  mkdirSync(join(FUZZ, "../dist/fuzz"), { recursive: true });
  await build({
    entryPoints: [join(FUZZ, "e2e/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.18",
    logLevel: "warning",
    alias: { yaml: join(FUZZ, "../node_modules/yaml/browser/index.js") },
  });
  const child = spawn("node", [outfile, target, program, ...[seed, seconds, executions, input].map(String)], {
    stdio: "inherit",
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0));
  });
}
