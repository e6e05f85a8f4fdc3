/** On what a run ran: machine, versions, date. */

import { readFileSync, statSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { BINARY, type Program, ROOT } from "../programs.ts";

/** Markdown: a table of two columns. */
export function aboutOf(programs: readonly Program[]): string {
  const [cpu] = cpus();
  const rows: readonly (readonly [string, string])[] = [
    ["date", new Date().toISOString().slice(0, 10)],
    [
      "CPU",
      `${cpu?.model.trim() ?? "unknown"}, ${cpus().length} cores, shared with the load generators and upstreams`,
    ],
    ["memory", `${(totalmem() / 1024 ** 3).toFixed(0)} GiB`],
    ["kernel", `Linux ${release()}`],
    ...programs.flatMap((program) => versionOf(program)),
    ["undici", undiciVersion()],
    ["size of the binary", `${(statSync(BINARY).size / 1024 ** 2).toFixed(1)} MiB`],
  ];
  return ["| | |", "|---|---|", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join("\n");
}

/** The first thing that looks like a version in what its command prints. */
function versionOf({ name, version: command }: Program): readonly (readonly [string, string])[] {
  if (command === undefined) return [];
  const { stdout, stderr } = Bun.spawnSync([...command]);
  const found = /\d+\.\d+[\w.+-]*/.exec(`${stdout}${stderr}`)?.[0] ?? "unknown";
  return [[name.replace(/^raw /, ""), found]];
}

function undiciVersion(): string {
  const text = readFileSync(join(ROOT, "node_modules/undici/package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
