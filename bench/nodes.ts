/** Versions of Node beside the one on the PATH, from npm packages in `.nodes/<version>`. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { output } from "./run.ts";

const FOLDER = join(import.meta.dirname, ".nodes");
const PACKAGE = `node-linux-${process.arch}`;

/** The path of a version's program. */
export function nodeOf(version: string): string {
  return join(FOLDER, version, "node_modules", PACKAGE, "bin/node");
}

/** Versions whose packages are there. */
export function installedNodes(): readonly string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((version) => existsSync(nodeOf(version)))
    .sort();
}

/** Installs those that are not there yet; `22` is the newest of 22. */
export async function installNodes(versions: readonly string[]): Promise<void> {
  for (const version of versions.filter((one) => !existsSync(nodeOf(one)))) {
    const flags = ["--no-save", "--no-audit", "--no-fund", "--prefix", join(FOLDER, version)];
    await output(["npm", "install", ...flags, `${PACKAGE}@${version}`]);
  }
}
