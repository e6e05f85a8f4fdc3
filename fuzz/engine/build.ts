/** Bundles a target, with counters in it, and the process that runs it. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { HITS, instrument } from "./instrument.ts";

export const FUZZ = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(FUZZ, "../dist/fuzz");

export interface Built {
  /** What Node is to run. */
  readonly child: string;
  /** The module whose `target` it runs. */
  readonly target: string;
}

/** @throws what esbuild throws: it has printed why */
export async function buildTarget(name: string): Promise<Built> {
  const [child, target] = await Promise.all([
    bundle(join(FUZZ, "engine/child.ts")),
    bundle(join(FUZZ, `targets/${name}.ts`)),
  ]);
  const { code, sites } = instrument(target);
  mkdirSync(OUT, { recursive: true });
  const files = { child: join(OUT, "child.mjs"), target: join(OUT, `${name}.mjs`) };
  writeFileSync(files.child, child);
  // Whole words, so that four counters are looked at in one.
  const size = Math.ceil(sites / 4) * 4;
  writeFileSync(
    files.target,
    `const ${HITS} = new Uint8Array(${size});\n${code}\nexport { ${HITS} as hits };\n`,
  );
  return files;
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20.18",
    logLevel: "warning",
    // As modules: the CommonJS one asks for Node's own in a way that a bundled module can't answer.
    alias: { yaml: join(FUZZ, "../node_modules/yaml/browser/index.js") },
  });
  return outputFiles[0]?.text ?? "";
}
