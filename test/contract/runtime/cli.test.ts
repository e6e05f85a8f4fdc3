import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { contract, type Kit, type Row, simpleConfig } from "../../support/contract.ts";
import { type RunOptions, run } from "../../support/programs.ts";

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8")) as {
  version: string;
};

const GOOD = simpleConfig({ upstreams: [["only", "http://127.0.0.1:9999"]] });
const TLS = "tls: {cert: server.crt, key: server.key}";
const STACK = /^\s+at .+:\d+/m;

/** Runs to the end: everything it said, and its exit code. */
async function say(
  { program, scope }: Kit,
  options: RunOptions,
): Promise<{ text: string; code: number | null }> {
  const process = run(program, options);
  scope.defer(() => process.stop(0));
  const code = await process.exited(15_000);
  return { text: process.stdout + process.stderr, code };
}

interface Case {
  readonly name: string;
  readonly options: RunOptions;
  readonly code: number;
  readonly says: readonly (string | RegExp)[];
}

const config = (text: string, ...args: readonly string[]): RunOptions => ({
  args: ["-c", "c.yaml", ...args],
  files: { "c.yaml": text },
});

const WRONG = `
http_server:
  forwards:
    - name: main
      prot: 0
      port: 99999
      upstream_group: pol
upstreams:
  - {name: only, url: "ftp://x"}
upstream_groups:
  - {name: pool, upstreams: [{name: only, weight: 0}], balance: {strategy: round_robin}}
`;

const cases: readonly Case[] = [
  {
    name: "-t on a good config prints a summary and exits 0",
    options: config(GOOD, "-t"),
    code: 0,
    says: [/\b1 forward/, /\b1 upstream/, /\b1 group/],
  },
  {
    name: "--test is -t, --config is -c",
    options: { args: ["--config", "c.yaml", "--test"], files: { "c.yaml": GOOD } },
    code: 0,
    says: [/\b1 forward/],
  },
  {
    name: "config.yaml is the default",
    options: { args: ["-t"], files: { "config.yaml": GOOD } },
    code: 0,
    says: [/\b1 forward/],
  },
  {
    name: "-t lists all errors at once with file, line, column, key and what is meant",
    options: config(WRONG, "-t"),
    code: 1,
    says: [
      /c\.yaml:5:\d+.*prot/,
      /did you mean.*port/i,
      /c\.yaml:6:\d+/,
      "99999",
      "65535",
      /c\.yaml:7:\d+/,
      "pol",
      /c\.yaml:9:\d+/,
      "ftp",
      /c\.yaml:11:\d+/,
      "round_robin",
      "roundrobin",
      "weight",
    ],
  },
  { name: "a wrong config does not start", options: config(WRONG), code: 1, says: ["prot"] },
  {
    name: "YAML that is none says where",
    options: config("http_server: [\n  {", "-t"),
    code: 1,
    says: [/c\.yaml:\d+:\d+/],
  },
  { name: "an empty config is an error", options: config("", "-t"), code: 1, says: ["http_server"] },
  {
    name: "an unset environment variable is named",
    options: config(GOOD.replace("http://127.0.0.1:9999", "$".concat("{NOT_THERE}")), "-t"),
    code: 1,
    says: ["NOT_THERE"],
  },
  {
    name: "a missing config points to config.default.yaml and --demo",
    options: {},
    code: 1,
    says: ["config.yaml", "config.default.yaml", "--demo"],
  },
  {
    name: "a missing config that was named is named",
    options: { args: ["-c", "gone.yaml"] },
    code: 1,
    says: ["gone.yaml"],
  },
  { name: "an unknown flag is an error of usage", options: { args: ["--tset"] }, code: 2, says: ["--tset"] },
  {
    name: "a flag without its value is an error of usage",
    options: { args: ["-c"] },
    code: 2,
    says: [/-c|--config/],
  },
  {
    name: "a value out of range is an error of usage",
    options: config(GOOD, "--shutdown-timeout", "0"),
    code: 2,
    says: ["--shutdown-timeout", "3600"],
  },
  {
    name: "a word that nobody asked for is an error of usage",
    options: { args: ["start"] },
    code: 2,
    says: ["start"],
  },
  {
    name: "a certificate that is not there is named",
    options: config(GOOD.replace("upstream_group: pool", `upstream_group: pool, ${TLS}`)),
    code: 1,
    says: ["server.crt"],
  },
  {
    name: "a certificate that is none is an error of the config",
    options: {
      args: ["-c", "c.yaml"],
      files: {
        "c.yaml": GOOD.replace("upstream_group: pool", `upstream_group: pool, ${TLS}`),
        "server.crt": "x",
        "server.key": "y",
      },
    },
    code: 1,
    says: [/certificate|server\.crt/],
  },
  { name: "--version prints the version", options: { args: ["--version"] }, code: 0, says: [version] },
  { name: "-v prints the version", options: { args: ["-v"] }, code: 0, says: [version] },
  {
    name: "--help prints every flag",
    options: { args: ["--help"] },
    code: 0,
    says: [
      "-c",
      "--config",
      "-t",
      "--test",
      "-d",
      "--debug",
      "--demo",
      "--shutdown-timeout",
      "--drain-delay",
      "--print-deno-permissions",
      "-v",
      "--version",
      "-h",
      "--help",
    ],
  },
  { name: "-h is --help", options: { args: ["-h"] }, code: 0, says: ["--config"] },
];

const rows: readonly Row<Kit>[] = [
  ...cases.map(
    ({ name, options, code, says }): Row<Kit> => ({
      name,
      async run(kit) {
        const said = await say(kit, options);
        for (const part of says) {
          if (typeof part === "string") expect(said.text).toContain(part);
          else expect(said.text).toMatch(part);
        }
        expect(said.code).toBe(code);
        expect(said.text).not.toMatch(STACK);
      },
    }),
  ),
  {
    name: "a port in use is one clear message and exit code 3; with --debug there is the stack too",
    async run(kit) {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
      kit.scope.defer(() => taken.close());
      const address = taken.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const text = GOOD.replace("port: 0", `port: ${port}`);
      const plain = await say(kit, config(text));
      expect(plain.text).toContain(String(port));
      expect(plain.code).toBe(3);
      expect(plain.text).not.toMatch(STACK);
      const debug = await say(kit, config(text, "--debug"));
      expect(debug.code).toBe(3);
      expect(debug.text.replaceAll("\\n", "\n")).toMatch(STACK);
    },
  },
  {
    name: "a secret in a config that is wrong is not printed",
    async run(kit) {
      const said = await say(
        kit,
        config(
          GOOD.replace("{name: only,", "{name: only, auth: {type: bearer, token: sk-hidden}, oops: 1,"),
          "-t",
        ),
      );
      expect(said.code).toBe(1);
      expect(said.text).toContain("oops");
      expect(said.text).not.toContain("sk-hidden");
    },
  },
];

contract("the command line", async () => ({}), rows, { concurrent: false });
