// Compiles the binaries of all targets into dist/release and writes SHA256SUMS beside them: `npm run binaries`. Or some
// of them, or elsewhere: `npm run binaries -- --outdir /tmp/binaries linux-x64 windows-x64`.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compile } from "./compile.mjs";

const TARGETS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "windows-x64"];

const root = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { outdir: { type: "string", default: join(root, "dist/release") } },
});
const chosen = positionals.length > 0 ? positionals : TARGETS;
const unknown = chosen.filter((target) => !TARGETS.includes(target));
if (unknown.length > 0) {
  process.stderr.write(`release: found ${unknown.join(", ")}, expected some of ${TARGETS.join(", ")}\n`);
  process.exit(2);
}

const folder = resolve(values.outdir);
await mkdir(folder, { recursive: true });

const sums = [];
for (const target of chosen) {
  const name = `llmproxy-${target}${target.startsWith("windows") ? ".exe" : ""}`;
  const file = join(folder, name);
  await rm(file, { force: true });
  await compile(`bun-${target}`, file);
  const hash = createHash("sha256").update(await readFile(file));
  sums.push(`${hash.digest("hex")}  ${name}\n`);
}
await writeFile(join(folder, "SHA256SUMS"), sums.join(""));
