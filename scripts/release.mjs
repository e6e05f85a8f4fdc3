// Compiles the binaries of all targets into dist/release and writes SHA256SUMS beside them: `npm run binaries`, or some
// of them: `npm run binaries -- linux-x64 windows-x64`.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "./compile.mjs";

const TARGETS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "windows-x64"];

const chosen = process.argv.length > 2 ? process.argv.slice(2) : TARGETS;
const unknown = chosen.filter((target) => !TARGETS.includes(target));
if (unknown.length > 0) {
  process.stderr.write(`release: found ${unknown.join(", ")}, expected some of ${TARGETS.join(", ")}\n`);
  process.exit(2);
}

const folder = "dist/release";
const root = fileURLToPath(new URL("..", import.meta.url));
await rm(join(root, folder), { recursive: true, force: true });
await mkdir(join(root, folder), { recursive: true });

const sums = [];
for (const target of chosen) {
  const name = `llmproxy-${target}${target.startsWith("windows") ? ".exe" : ""}`;
  await compile(`bun-${target}`, `${folder}/${name}`);
  const hash = createHash("sha256").update(await readFile(join(root, folder, name)));
  sums.push(`${hash.digest("hex")}  ${name}\n`);
}
await writeFile(join(root, folder, "SHA256SUMS"), sums.join(""));
