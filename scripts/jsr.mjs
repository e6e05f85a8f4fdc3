// Publishes the library to JSR, from dist/jsr: its sources as they are, and a deno.json in which every package is one of
// npm's, by the version in package.json. `npm run jsr -- --dry-run` says what would be published.
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "dist/jsr");
const read = async (name) => JSON.parse(await readFile(join(root, name), "utf8"));

const [{ name, version, exports }, { license, dependencies }] = [
  await read("deno.json"),
  await read("package.json"),
];
const parts = [
  "src",
  "adapters/web.ts",
  "adapters/web",
  "adapters/shared/web",
  "adapters/shared/http",
  "README.md",
  "LICENSE",
];
/** The programs' own, which the library does without. */
const programs = [
  "src/program/main.ts",
  "src/program/cli.ts",
  "src/demo",
  "src/simulator",
  "src/program/listen.ts",
  "src/program/shutdown.ts",
];
/** Subpaths that the sources import: JSR wants each by its own name. */
const subpaths = ["prom-client/lib/registry.js"];

const imports = Object.fromEntries([
  ...["@logtape/logtape", "hono", "prom-client", "valibot", "yaml"].map((one) => [
    one,
    `npm:${one}@${dependencies[one]}`,
  ]),
  ...subpaths.map((path) => [path, `npm:${path.replace(/^[^/]+/, (one) => `${one}@${dependencies[one]}`)}`]),
]);

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
for (const part of parts) {
  await cp(join(root, part), join(folder, part), {
    recursive: true,
    filter: (from) => !programs.some((one) => from === join(root, one)) && !from.endsWith("tsconfig.json"),
  });
}
await writeFile(
  join(folder, "deno.json"),
  `${JSON.stringify({ name, version, license, exports, imports }, null, 2)}\n`,
);

const deno = join(root, "node_modules/deno/bin.cjs");
// That it is not in Git is as it should be.
execFileSync(process.execPath, [deno, "publish", "--allow-dirty", ...process.argv.slice(2)], {
  cwd: folder,
  stdio: "inherit",
});
