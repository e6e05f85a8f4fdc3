/** Runs what is measured in process on Node, Bun and Deno. */

import { join } from "node:path";
import { build } from "esbuild";
import type { Lab } from "../lab.ts";
import { DENO_RUN } from "../programs.ts";
import { output } from "../run.ts";
import type { Point } from "./panels.ts";
import type { Sizes } from "./sizes.ts";

/** All run the same bundle, since Node 20 can't read TypeScript. */
export async function measureInProcess(lab: Lab, sizes: Sizes): Promise<readonly Point[]> {
  const outfile = join(lab.folder, "micro.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "micro/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20.18",
    format: "esm",
    logLevel: "warning",
  });
  const runtimes = {
    node: ["node", "--expose-gc", outfile],
    bun: [process.execPath, outfile],
    deno: [...DENO_RUN, "--v8-flags=--expose-gc", outfile],
  };
  const points: Point[] = [];
  for (const [name, command] of Object.entries(runtimes)) {
    const text = await output([...command, name, JSON.stringify(sizes)]);
    points.push(
      ...text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Point),
    );
  }
  return points;
}
