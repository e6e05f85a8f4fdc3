/** A folder of a stranger's, with the packed project installed in it, and its samples beside it. */

import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../support/program-command.ts";

/** Runs to its end, with nothing in the environment but what npm needs; rejects where it fails. */
export async function runIn(
  folder: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { PATH = "", HOME = "" } = process.env;
  const { stdout } = await promisify(execFile)(command, args, {
    cwd: folder,
    env: { PATH, HOME, npm_config_update_notifier: "false", ...env },
    timeout: 60_000,
  });
  return stdout;
}

/** A folder with the package installed in it. */
export interface Consumer {
  readonly folder: string;
  remove(): void;
}

/** Packs the project as it would be published, and installs it where nothing else is. */
export async function installPacked(): Promise<Consumer> {
  const folder = mkdtempSync(join(tmpdir(), "llmproxy-consumer-"));
  await runIn(ROOT, "npm", ["pack", "--silent", "--pack-destination", folder]);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack made no tarball");
  const manifest = {
    name: "consumer",
    private: true,
    type: "module",
    dependencies: { llmproxy: `file:${tarball}` },
    // What it depends on comes from this project's own folder: a test needs no registry.
    overrides: ownDependencies(),
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  // The scripts would be those of the dependencies' own development.
  await runIn(folder, "npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund"]);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function ownDependencies(): Readonly<Record<string, string>> {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  return Object.fromEntries(
    Object.keys(dependencies).map((name) => [name, `file:${join(ROOT, "node_modules", name)}`]),
  );
}

/** A file of docs/library.md: the code block that has its name. */
export function sample(name: string): string {
  const text = readFileSync(join(ROOT, "docs/library.md"), "utf8");
  const code = text.split("```js ").find((part) => part.startsWith(`${name}\n`));
  if (code === undefined) throw new Error(`docs/library.md has no ${name}`);
  return code.slice(name.length + 1, code.indexOf("```"));
}
