// Compiles the single-file binary: of this system into dist/llmproxy, or of the one that is named, as in
// `node scripts/compile.mjs bun-linux-arm64 dist/other`. Bun fetches another system's runtime from the npm registry.
import { execFileSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const options = [
  "--format=esm",
  "--splitting",
  "--bytecode",
  "--minify-syntax",
  "--sourcemap=inline",
  // What lies in the folder where it is started is none of its business.
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

/**
 * @param target as Bun names it, `bun-darwin-arm64`; undefined: this system
 * @param outfile absolute, or seen from the project's folder
 */
export async function compile(target, outfile) {
  const command = join(root, "node_modules/bun/bin/bun.exe");
  const which = target === undefined ? [] : [`--target=${target}`];
  execFileSync(
    command,
    ["build", "--compile", ...options, ...which, "--outfile", outfile, "adapters/bun.ts"],
    { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
  );
  // The map is in the binary; what Bun leaves beside it is another one.
  const folder = dirname(resolve(root, outfile));
  for (const name of await readdir(folder)) if (name.endsWith(".map")) await rm(join(folder, name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [target, outfile = "dist/llmproxy"] = process.argv.slice(2);
  await compile(target, outfile);
}
