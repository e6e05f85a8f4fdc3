import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ROOT } from "../support/program-command.ts";

const script = join(ROOT, "scripts/release.mjs");

describe("the release's binaries", () => {
  it("are compiled for the targets that are named, with sums that hold, and start", () => {
    const folder = mkdtempSync(join(tmpdir(), "llmproxy-release-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    // The other targets' runtimes would have to be fetched.
    const target = `${process.platform}-${process.arch}`;
    const name = `llmproxy-${target}`;
    execFileSync(process.execPath, [script, "--outdir", folder, target], { stdio: "ignore" });
    expect(readdirSync(folder).sort()).toEqual(["SHA256SUMS", name]);
    const sum = createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");
    expect(readFileSync(join(folder, "SHA256SUMS"), "utf8")).toBe(`${sum}  ${name}\n`);
    expect(execFileSync(join(folder, name), ["--version"], { cwd: folder, encoding: "utf8" })).toMatch(
      /^llmproxy \d/,
    );
  });

  it("are refused for a target that there is none for", () => {
    const { status, stderr } = spawnSync(process.execPath, [script, "amiga-68k"], { encoding: "utf8" });
    expect(status).toBe(2);
    expect(stderr).toBe(
      "release: found amiga-68k, expected some of linux-x64, linux-arm64, darwin-x64, darwin-arm64, windows-x64\n",
    );
  });
});
