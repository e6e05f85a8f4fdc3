/** Every command of the docs, run as a reader would: in a folder of its own, with `llmproxy` on the path. */

import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { completed, surroundingsOf } from "../docs/configs.ts";
import { blocksIn, type Document, type PlacedBlock, ROOT, read } from "../docs/documents.ts";
import { has } from "../docs/tools.ts";
import { chosenPrograms } from "../support/chosen-programs.ts";
import { commandOf } from "../support/program-command.ts";
import { type Program, type RunningProxy, run, startProgram } from "../support/programs.ts";

/** The words behind `sh`, and what a block with each is. Without one it ends by itself, with exit code 0. */
const WORDS = {
  exit: "it ends with that exit code",
  demo: "the demo is running",
  starts: "it starts the program, and runs until it is stopped",
  "not-run": "it is not run: why is in NOT_RUN",
} as const;

/** Why blocks are not run. What npm scripts and flags they name is checked all the same (test/docs/links.test.ts). */
const NOT_RUN: ReadonlyMap<string, string> = new Map([
  ["installs", "it installs packages over the network; .ci/run does the same"],
]);

/** The first that is chosen: that all programs take the same flags is the contract suite's to say. */
const [program = "node"] = chosenPrograms();
const blocks = blocksIn("sh");
const having = (word: keyof typeof WORDS) => blocks.filter(({ info }) => info.has(word));
const ending = blocks.filter(({ info }) => !info.has("demo") && !info.has("starts") && !info.has("not-run"));

/** The whole configuration that a document shows first, on ports that are free; a small one where it shows none. */
function configOf({ blocks }: Document): string {
  const yaml = blocks.filter(({ language, info }) => language === "yaml" && info.size === 0);
  const isWhole = (text: string): boolean => {
    const value: unknown = parse(text);
    return (
      typeof value === "object" && value !== null && "http_server" in value && "upstream_groups" in value
    );
  };
  const text = completed(yaml.find(({ text }) => isWhole(text))?.text ?? "");
  return text.replaceAll(/\bport: \d+/g, "port: 0");
}

/** What a pattern's group catches; throws where it catches nothing. */
function portIn(text: string, pattern: RegExp): string {
  const port = pattern.exec(text)?.[1];
  if (port === undefined) throw new Error(`expected ${pattern}, found ${text}`);
  return port;
}

const sandboxes: string[] = [];
afterAll(() => {
  for (const folder of sandboxes) rmSync(folder, { recursive: true, force: true });
});

/** Runs a block's lines in a folder with `config.yaml`, `examples/` and `llmproxy`. */
function shell({ text, document }: PlacedBlock): { readonly code: number | null; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), "llmproxy-docs-"));
  sandboxes.push(folder);
  const config = configOf(document);
  writeFileSync(join(folder, "config.yaml"), config);
  symlinkSync(join(ROOT, "examples"), join(folder, "examples"));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const { command, args } = commandOf(program);
  const quoted = [command, ...args].map((word) => `'${word}'`).join(" ");
  writeFileSync(join(bin, "llmproxy"), `#!/bin/sh\nexec ${quoted} "$@"\n`);
  chmodSync(join(bin, "llmproxy"), 0o755);
  const { status, stdout, stderr } = spawnSync("sh", ["-ec", text], {
    cwd: folder,
    env: { ...process.env, ...surroundingsOf(config).env, PATH: `${bin}:${process.env["PATH"]}` },
    encoding: "utf8",
    timeout: 20_000,
  });
  return { code: status, output: `${stdout}${stderr}` };
}

describe("commands of the docs", () => {
  it("are marked with words that this test knows", () => {
    expect(blocks.length).toBeGreaterThan(8);
    const unknown = blocks.filter(({ info }) => [...info.keys()].some((word) => !(word in WORDS)));
    expect(unknown.map(({ place }) => place)).toEqual([]);
    expect(having("not-run").filter(({ info }) => !NOT_RUN.has(info.get("not-run") ?? ""))).toEqual([]);
  });

  it.each(ending)("$place does what it should", (block) => {
    const { code, output } = shell(block);
    expect(`exit code ${code}: ${output}`).toContain(`exit code ${block.info.get("exit") ?? 0}: `);
  });

  it.each(having("starts"))("$place starts the program, which stops when it is told to", async (block) => {
    const config = configOf(block.document);
    const [, flags = ""] = /^llmproxy (.*)$/.exec(block.text) ?? [];
    expect(flags).toBe("-c config.yaml");
    const proxy: RunningProxy = await startProgram(program, config, {
      env: surroundingsOf(config).env ?? {},
    });
    proxy.signal("SIGTERM");
    expect(await proxy.exited()).toBe(0);
    await proxy.stop();
  });

  describe.skipIf(!has("curl"))("that ask the demo (skipped without curl)", () => {
    let demo: Program;
    /** Where what the docs write with a usual port is now. */
    const ports = new Map<string, string>();

    beforeAll(async () => {
      demo = run(program, { args: ["--demo"] });
      const port = async (fits: (line: Readonly<Record<string, unknown>>) => boolean): Promise<string> =>
        String((await demo.logged((line) => line["msg"] === "listening" && fits(line), 20_000))["port"]);
      ports.set("3000", await port((line) => line["name"] === "everyone"));
      ports.set("9000", await port((line) => line["listener"] === "admin"));
      const control = /curl -X POST http:\/\/127\.0\.0\.1:(\d+)\/upstreams\/fast\/kill/;
      ports.set("4000", await vi.waitFor(() => portIn(demo.stdout, control), 5_000));
    });
    afterAll(() => demo.stop());

    it.each(having("demo"))("$place gets its answers", (block) => {
      // A failed request fails the line, also where a pipe would hide it.
      const text = block.text
        .replaceAll(
          /(127\.0\.0\.1|localhost):(\d+)/g,
          (_, host, port) => `${host}:${ports.get(port) ?? port}`,
        )
        .replaceAll(/\bcurl /g, "curl --max-time 10 -S --fail-with-body ");
      const { code, output } = shell({ ...block, text });
      expect(`exit code ${code}: ${output}`).toContain("exit code 0: ");
      expect(output).not.toContain("curl: (");
    });

    it("show metrics that are all in docs/metrics.md", async () => {
      const text = await (await fetch(`http://127.0.0.1:${ports.get("9000")}/metrics`)).text();
      const exposed = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name);
      expect(exposed.length).toBeGreaterThan(15);
      const document = read("docs/metrics.md");
      expect(exposed.filter((name) => !document.includes(name))).toEqual([]);
    });
  });
});
