// Bundles the Node program into one file that runs without node_modules.
import { build } from "esbuild";

await build({
  entryPoints: ["adapters/node.ts"],
  outfile: "dist/node.js",
  bundle: true,
  platform: "node",
  target: "node20.18",
  format: "esm",
  // CommonJS packages inside the bundle require Node's own modules.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
