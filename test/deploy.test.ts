import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { all, stagesOf } from "./support/dockerfile.ts";

const root = resolve(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

describe("the systemd unit", () => {
  const file = join(root, "deploy/llmproxy.service");
  const unit = read("deploy/llmproxy.service");
  const values = (key: string): readonly string[] =>
    [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);
  const lacksSystemd = spawnSync("systemd-analyze", ["--version"]).status !== 0;

  it.skipIf(lacksSystemd)("has the exposure that the docs say, as systemd-analyze sees it", () => {
    const text = execFileSync("systemd-analyze", ["security", "--offline=true", "--no-pager", file], {
      encoding: "utf8",
    });
    const [, exposure = ""] = /Overall exposure level for llmproxy\.service: (\d+\.\d+)/.exec(text) ?? [];
    const [, said, version] =
      /exposure level (\d\.\d) \(systemd (\d+)\)/.exec(read("docs/least-privilege.md")) ?? [];
    expect(Number(exposure)).toBeLessThan(2);
    // Each version of systemd weighs a little differently.
    const here = execFileSync("systemd-analyze", ["--version"], { encoding: "utf8" });
    if (here.startsWith(`systemd ${version} `)) expect(exposure).toBe(said);
    expect(said).toBeDefined();
  });

  it.skipIf(lacksSystemd)("has no line that systemd does not understand", () => {
    const folder = mkdtempSync(join(tmpdir(), "llmproxy-unit-"));
    try {
      const copy = join(folder, "llmproxy.service");
      writeFileSync(copy, unit.replaceAll("/usr/local/bin/llmproxy", "/bin/true"));
      const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", copy], { encoding: "utf8" });
      expect([status, stdout, stderr]).toEqual([0, "", ""]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("waits longer than the program does, and starts nothing again that can't get better", () => {
    const [, given] = /--shutdown-timeout (\d+)/.exec(values("ExecStart")[0] ?? "") ?? [];
    expect(Number(values("TimeoutStopSec")[0])).toBeGreaterThan(Number(given));
    expect(values("RestartPreventExitStatus")).toEqual(["1 2"]);
    expect(values("SuccessExitStatus")).toEqual(["4"]);
  });

  it("gives secrets as credentials, not in the environment", () => {
    expect(values("LoadCredential")).toHaveLength(1);
    expect(unit).not.toMatch(/^(?:Environment|EnvironmentFile|PassEnvironment)=/m);
  });
});

describe("the image", () => {
  const stages = stagesOf(read("deploy/Dockerfile"));
  const last = stages.at(-1) ?? [];

  it("is built in one stage and is another one, without a shell", () => {
    expect(stages).toHaveLength(2);
    expect(all(last, "FROM")).toEqual([expect.stringMatching(/^gcr\.io\/distroless\/|^scratch$/)]);
    expect(all(last, "RUN")).toEqual([]);
    expect(all(last, "ADD")).toEqual([]);
    expect(all(last, "COPY")).toEqual(["--from=build /build/dist/llmproxy /usr/local/bin/llmproxy"]);
  });

  it("runs as a user with a number, who is not root", () => {
    expect(all(last, "USER")).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
  });

  it("starts the program itself, which gets the signals", () => {
    expect(all(last, "STOPSIGNAL")).toEqual(["SIGTERM"]);
    expect(JSON.parse(all(last, "ENTRYPOINT")[0] ?? "")).toEqual(["/usr/local/bin/llmproxy"]);
    expect(JSON.parse(all(last, "CMD")[0] ?? "")).toEqual(["-c", "/etc/llmproxy/config.yaml"]);
  });

  it("names no latest and takes no secret at its build", () => {
    const froms = stages.flatMap((stage) => all(stage, "FROM"));
    expect(froms.filter((from) => !/:[\w.-]+( AS \w+)?$/.test(from) || from.includes(":latest"))).toEqual([]);
    expect(stages.flatMap((stage) => [...all(stage, "ARG"), ...all(stage, "ENV")])).toEqual([]);
    const [first, ...allowed] = read("deploy/Dockerfile.dockerignore")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(first).toBe("*");
    expect(allowed).toEqual(["!adapters", "!scripts", "!src", "!package.json", "!package-lock.json"]);
  });
});
