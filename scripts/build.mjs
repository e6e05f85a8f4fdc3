// Bundles the Node program into one file that runs without node_modules, and the library into one that leaves its
// packages to whoever uses it. Fails on any warning.
import { chmod, rm } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outfile = `${root}dist/node.js`;

// Packages inside the bundle that are CommonJS require Node's own modules.
const banner = [
  "#!/usr/bin/env node",
  'import { createRequire as $createRequire } from "node:module";',
  "const require = $createRequire(import.meta.url);",
].join("\n");

// Packages whose index brings along what the program does not use, to be compiled at every start. A name that is not in
// the part fails the build.
const parts = {
  undici: `${root}scripts/undici.mjs`,
  // The same code as modules, of which what is unused is left out.
  yaml: `${root}node_modules/yaml/browser/index.js`,
};
const onlyParts = {
  name: "only parts",
  setup: ({ onResolve }) =>
    onResolve({ filter: new RegExp(`^(?:${Object.keys(parts).join("|")})$`) }, ({ path }) => ({
      path: parts[path],
    })),
};

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  legalComments: "inline",
  logLevel: "warning",
};
const [{ warnings, metafile }, library] = await Promise.all([
  build({
    ...common,
    entryPoints: ["adapters/node.ts"],
    outfile,
    platform: "node",
    target: "node20.18",
    banner: { js: banner },
    plugins: [onlyParts],
    metafile: true,
  }),
  build({
    ...common,
    entryPoints: ["adapters/web.ts"],
    outfile: `${root}dist/library.js`,
    platform: "neutral",
    target: "es2022",
    packages: "external",
  }),
]).catch(() => process.exit(1)); // esbuild has printed why.

// Whatever is not Node's own would be missing where there is no node_modules.
const foreign = Object.values(metafile.outputs)
  .flatMap((output) => output.imports)
  .filter(({ external, path }) => external && !isBuiltin(path) && !path.startsWith("node:"));

if (warnings.length + library.warnings.length > 0 || foreign.length > 0) {
  for (const { path } of foreign) process.stderr.write(`not bundled: ${path}\n`);
  await rm(outfile, { force: true });
  process.exit(1);
}
await chmod(outfile, 0o755);
