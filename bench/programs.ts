/** The proxies that are measured: how each is started, and what it is compared with. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { llmproxyConfig, nginxConfig, type Ways } from "./config.ts";
import { installedNodes, nodeOf } from "./nodes.ts";

/** Which of this project's programs it is, or what it is beside them. */
export type Kind = "node" | "bun" | "deno" | "binary" | "raw" | "nginx" | "peer";

export interface Program {
  readonly name: string;
  readonly kind: Kind;
  /** The barest proxy of the same runtime, by name. */
  readonly raw?: string;
  /** A command that prints its version. */
  readonly version?: readonly string[];
  /** Command and arguments. Files may be written to `folder`. */
  command(ways: Ways, folder: string): readonly string[];
}

/** One of this project's programs: it can be started with any configuration, too. */
export interface OwnProgram extends Program {
  readonly kind: "node" | "bun" | "deno" | "binary";
  readonly raw: string;
  /** The command without its arguments. */
  readonly bare: readonly string[];
}

export const ROOT = join(import.meta.dirname, "..");
export const BINARY = join(ROOT, "dist/llmproxy");
const BIN = join(ROOT, "node_modules/.bin");
const BUN = join(BIN, "bun");
const DENO = join(BIN, "deno");
export const DENO_RUN = [DENO, "run", "--no-prompt", "--allow-net", "--allow-read", "--allow-env"];
/** As the start task does. */
const DENO_FLAGS = ["--v8-flags=--no-allocation-site-pretenuring"];

const rawFile = (name: string): string => join(import.meta.dirname, "raw", name);

function own(name: string, kind: OwnProgram["kind"], rawName: string, bare: readonly string[]): OwnProgram {
  return {
    name,
    kind,
    raw: rawName,
    bare,
    command(ways, folder) {
      const file = join(folder, "config.yaml");
      writeFileSync(file, llmproxyConfig(ways));
      return [...bare, "-c", file];
    },
  };
}

function raw(name: string, start: readonly string[], version: readonly string[]): Program {
  return {
    name,
    kind: "raw",
    version,
    command: ({ requests, streams }) => [
      ...start,
      ...[requests.port, requests.upstream, streams.port, streams.upstream].map(String),
    ],
  };
}

const ownNode = (name: string, command: string): OwnProgram =>
  own(name, "node", `raw ${name}`, [command, join(ROOT, "dist/node.js")]);
const rawNode = (name: string, command: string): Program =>
  raw(`raw ${name}`, [command, rawFile("node.mjs")], [command, "--version"]);

const NODE = ownNode("node", "node");
const OWN_BUN = own("bun", "bun", "raw bun", [BUN, "--no-env-file", join(ROOT, "adapters/bun.ts")]);
const OWN_BINARY = own("binary", "binary", "raw bun", [BINARY]);
const OWN_DENO = own("deno", "deno", "raw deno", [
  ...DENO_RUN,
  ...DENO_FLAGS,
  "--config",
  join(ROOT, "deno.json"),
  join(ROOT, "adapters/deno.ts"),
]);
const RAW_NODE = rawNode("node", "node");
const RAW_BUN = raw("raw bun", [BUN, rawFile("bun.ts")], [BUN, "--version"]);
const RAW_DENO = raw("raw deno", [...DENO_RUN, rawFile("deno.ts")], [DENO, "--version"]);

const NGINX: Program = {
  name: "nginx",
  kind: "nginx",
  version: ["nginx", "-v"],
  command(ways, folder) {
    const file = join(folder, "nginx.conf");
    writeFileSync(file, nginxConfig(folder, ways));
    return ["nginx", "-p", folder, "-c", file];
  },
};

/** This project's programs, on the Node of the PATH. */
export const OWN: readonly OwnProgram[] = [NODE, OWN_BUN, OWN_DENO, OWN_BINARY];

/** The barest proxy of each of their runtimes. */
export const RAW: readonly Program[] = [RAW_NODE, RAW_BUN, RAW_DENO];

/** All, nginx first: all others are compared with it. Call it when the versions of Node have been installed. */
export function allPrograms(peers: readonly Program[]): readonly Program[] {
  const nodes = installedNodes().flatMap((version) => {
    const [name, command] = [`node ${version}`, nodeOf(version)];
    return [ownNode(name, command), rawNode(name, command)];
  });
  return [NGINX, ...peers, NODE, RAW_NODE, ...nodes, OWN_BUN, OWN_BINARY, RAW_BUN, OWN_DENO, RAW_DENO];
}
