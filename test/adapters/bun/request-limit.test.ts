import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const BUN = join(ROOT, "node_modules/.bin/bun");
const DRIVER = join(import.meta.dirname, "limit-driver.mjs");
const ARGS = ["-c", "a b.yaml", "--", ""];

interface Line {
  readonly pid: number;
  readonly limit?: string;
  readonly kept?: string;
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
}

/** Runs a program to its end. */
async function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(command, args, {
    env: { PATH: process.env["PATH"] ?? "", KEPT: "x=y", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let stdout = "";
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  await once(child, "close");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  return { pid: child.pid, lines, last: lines.at(-1) };
}

describe("Bun's limit of 256 requests", () => {
  let folder = "";
  let binary = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "llmproxy-limit-"));
    binary = join(folder, "driver");
    execFileSync(BUN, ["build", "--compile", "--outfile", binary, DRIVER], { stdio: "pipe" });
  }, 30_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is lifted by starting over once, as the same process with the same arguments and output", async () => {
    const { pid, lines, last } = await run(BUN, ["--smol", DRIVER, ...ARGS]);
    expect(lines.map((line) => line.pid)).toEqual([pid, pid, pid]);
    expect(last).toMatchObject({ limit: "65535", kept: "x=y", args: ARGS, execArgv: ["--smol"] });
  });

  it("is lifted in a compiled program too", async () => {
    const { pid, lines, last } = await run(binary, ARGS);
    expect(lines.map((line) => line.pid)).toEqual([pid, pid, pid]);
    expect(last).toMatchObject({ limit: "65535", kept: "x=y", args: ARGS });
  });

  it("stays what its variable says where that is set", async () => {
    const { lines, last } = await run(BUN, [DRIVER], { BUN_CONFIG_MAX_HTTP_REQUESTS: "7" });
    expect([lines.length, last?.limit]).toEqual([2, "7"]);
  });
});
