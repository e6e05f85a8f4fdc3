// Writes the library's types: the declarations that its entry reaches, and no others.
import { execFileSync } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "dist/types");
const entry = join(folder, "adapters/web.d.ts");

await rm(folder, { recursive: true, force: true });
const tsc = join(root, "node_modules/typescript/bin/tsc");
const emit = [
  "--noEmit",
  "false",
  "--declaration",
  "--emitDeclarationOnly",
  "--rewriteRelativeImportExtensions",
];
execFileSync(
  process.execPath,
  [tsc, "-p", join(root, "adapters/web"), ...emit, "--rootDir", root, "--outDir", folder],
  { stdio: "inherit" },
);

const reached = new Set();
const packages = new Set();
async function reach(file) {
  if (reached.has(file)) return;
  reached.add(file);
  // Declarations keep the sources' .ts, of which nothing is published.
  const text = (await readFile(file, "utf8")).replace(/((?:from|import\()\s*"\.[^"]*)\.ts"/g, '$1.js"');
  await writeFile(file, text);
  for (const [, specifier] of text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
    if (!specifier.startsWith(".")) packages.add(specifier);
    else await reach(resolve(dirname(file), specifier.replace(/\.[jt]s$/, ".d.ts")));
  }
}
await reach(entry);

for (const name of await readdir(folder, { recursive: true })) {
  const file = join(folder, name);
  if (name.endsWith(".d.ts") && !reached.has(file)) await rm(file);
}
// Whoever uses the library should not need the types of what it is made of.
if (packages.size > 0) {
  process.stderr.write(`the library's types name packages: ${[...packages].join(", ")}\n`);
  process.exit(1);
}
