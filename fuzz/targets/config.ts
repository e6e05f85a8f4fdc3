/** The config loader, and the proxy that is built of what it takes. */

import { readFileSync } from "node:fs";
import { formatDiagnostic, parseConfig } from "../../src/config/load.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { createProxy } from "../../src/program/proxy.ts";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { createFakeRuntime } from "../../test/support/fake-runtime.ts";
import { holds, type Target, textOf } from "../target.ts";

/** What it must never say, in any diagnostic. */
const CANARY = "sk-canary";

export const target: Target = {
  seeds: [
    ...["config.default.yaml", "test/config/fixtures/newer.yaml", "test/config/fixtures/older.yaml"].map(
      readSeed,
    ),
    `
http_server: {forwards: [{name: f, port: 0, upstream_group: g, routing: [{path: "/{m:a.*}/:x/*", target_group: g}]}]}
upstreams: [{name: u, url: "http://u", auth: {type: bearer, token: "\${file:key}"}}]
upstream_groups: [{name: g, upstreams: [{name: u}]}]
`,
    "x-a: &a {b: [1, 2]}\nx-c: [*a, *a]\nhttp_server: &s\n  <<: *a\nupstreams: [{auth: {token: *s}}]\n",
    `upstreams: [{name: u, url: "https://u:${CANARY}@h/", auth: {type: basic, username: a:b, password: "${CANARY}"}}]`,
  ],
  words: [
    "http_server:",
    "forwards:",
    "upstreams:",
    "upstream_groups:",
    "routing:",
    "path: ",
    "target_group: ",
    "headers:",
    "op: insert",
    "op: remove",
    "url: ",
    "http://",
    "name: ",
    "auth:",
    "type: basic",
    "token: ",
    "timeout:",
    "retry:",
    "proxy:",
    "enabled: false",
    "ratelimit:",
    "breaker:",
    "tls:",
    "${",
    "${A}",
    "${A:-1}",
    "${file:x}",
    "$${",
    "}",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "!!binary ",
    "!!set ",
    "!!omap ",
    "? ",
    "- ",
    ": ",
    " #",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "|\n",
    ">-\n",
    '"\\x0a"',
    "'",
    "[",
    "]",
    "{",
    "}",
    "null",
    "~",
    ".inf",
    ".nan",
    "0o7",
    "1_000",
    "/{a:(b+)+}",
    "/:a/*",
    "10.0.0.0/8",
    "::1",
    "constructor: 1",
    "toString: 1",
    "64MiB",
    CANARY,
    "<<",
  ],
  limit: 8192,
  async check(input) {
    const text = textOf(input);
    const { config, errors, warnings } = await parseConfig(text, { file: "fuzz.yaml", readTextFile, env });
    holds((config !== undefined) === (errors.length === 0), `config and ${errors.length} errors`);
    const lines = text.split("\n").length;
    for (const one of [...errors, ...warnings]) {
      const said = formatDiagnostic(one);
      holds(one.line >= 1 && one.line <= lines && one.column >= 1, `said it of line ${one.line}: ${said}`);
      holds(!/\p{Cc}/u.test(said), `said a control character: ${JSON.stringify(said)}`);
      holds(!said.includes(FILE_CANARY), `said what is in a secret file: ${said}`);
    }
    if (config === undefined) return;
    // Whatever is accepted can be built.
    const runtime = createFakeRuntime({ fetch: () => Promise.reject(new Error("no network")) });
    const metrics = createMetrics({ runtime: "fuzz", version: "0", processStats: () => ({}) });
    const log = { debug() {}, info() {}, warn() {}, error() {}, access() {} };
    const proxy = createProxy(config, { runtime, metrics, log, clock: createFakeClock(), random: () => 0.5 });
    holds(proxy.health().length === config.groups.length, "a group is missing");
    for (const { url } of config.upstreams) new URL(url);
    proxy.close();
  },
};

const FILE_CANARY = "sk-file-canary";

async function readTextFile(path: string): Promise<string> {
  if (path.length > 6) throw new Error("no such file");
  return `${FILE_CANARY}\n`;
}

/** Names of one letter are set. */
function env(name: string): string | undefined {
  return name.length === 1 ? (name < "M" ? "3000" : "a: b\n[") : undefined;
}

/** A file of the project, whose scripts run in its folder, without the comments. */
function readSeed(file: string): string {
  return readFileSync(file, "utf8").replaceAll(/^ *#.*\n/gm, "");
}
