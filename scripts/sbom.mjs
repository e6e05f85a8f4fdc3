// Prints the CycloneDX bill of materials of what is in the program: the production dependencies, and theirs.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, "utf8"));

// Of the lock file, so that it is the same wherever it is made. Of everything, and then of that what counts: told to omit
// the development's dependencies, npm leaves out those too that one of them has as a peer.
const args = ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--package-lock-only"];
const bom = JSON.parse(
  execFileSync("npm", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }),
);

const isShipped = ({ dev, devOptional, optional }) => !dev && !devOptional && !optional;
const shipped = new Set(
  Object.entries(packages)
    .filter(([path, one]) => path !== "" && isShipped(one))
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, "")}@${version}`),
);
const own = bom.metadata.component;
const isIn = (ref) => ref === own["bom-ref"] || shipped.has(ref);

// npm takes the folder's name for the program's.
own.name = packages[""].name;
bom.components = bom.components.filter((component) => isIn(component["bom-ref"]));
bom.dependencies = bom.dependencies
  .filter(({ ref }) => isIn(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isIn) }));
process.stdout.write(`${JSON.stringify(bom, undefined, 2)}\n`);
