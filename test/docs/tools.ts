/** Tools of other people's that know a file's format. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether a tool is installed; `flag` makes it say its version. */
export function has(tool: string, flag = "--version"): boolean {
  return spawnSync(tool, [flag]).error === undefined;
}

/**
 * Runs a tool on a file with this text, in an empty folder.
 *
 * @param args with the file's path in them
 * @returns all that it said, and `fine` or its exit code in front
 */
export function check(tool: string, args: (file: string) => readonly string[], text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "llmproxy-docs-"));
  try {
    const file = join(folder, "file.yaml");
    writeFileSync(file, text);
    const { status, stdout, stderr } = spawnSync(tool, args(file), { encoding: "utf8", cwd: folder });
    return `${status === 0 ? "fine" : `exit code ${status}`}: ${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
