import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const bin = join(root, "node_modules/.bin");
const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}` };
const empty = mkdtempSync(join(tmpdir(), "llmproxy-start-"));
afterAll(() => rmSync(empty, { recursive: true, force: true }));

const say = (cwd: string, command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, {
    cwd,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
  });

describe("the four ways to start are one program", () => {
  it("bun run start", () => {
    expect(say(root, "bun", "run", "start", "--version")).toMatch(/^llmproxy \d+\.\d+\.\d+ \(bun /m);
  });

  it("deno task start", () => {
    expect(say(root, "deno", "task", "start", "--version")).toMatch(/^llmproxy \d+\.\d+\.\d+ \(deno /m);
  });

  it("node dist/node.js, alone in an empty folder", () => {
    const file = join(empty, "node.mjs");
    copyFileSync(join(root, "dist/node.js"), file);
    expect(say(empty, process.execPath, file, "--version")).toMatch(/^llmproxy \d+\.\d+\.\d+ \(node /);
    rmSync(file);
  });

  it("dist/llmproxy, alone in an empty folder", () => {
    const file = join(empty, "llmproxy");
    copyFileSync(join(root, "dist/llmproxy"), file);
    expect(say(empty, file, "--version")).toMatch(/^llmproxy \d+\.\d+\.\d+ \(bun /);
    expect(readdirSync(empty)).toEqual(["llmproxy"]);
  });

  it.each([
    ["bun", ["run", "start"]],
    ["deno", ["task", "start"]],
  ] as const)("%s passes the exit code on", (command, args) => {
    expect(() => say(root, command, ...args, "--nope")).toThrow(/unknown argument "--nope"/);
  });
});
