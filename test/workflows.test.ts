import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { PROGRAM_NAMES, ROOT } from "./support/program-command.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly "runs-on": string;
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes": number;
  readonly strategy?: { readonly matrix: { readonly include: readonly Readonly<Record<string, unknown>>[] } };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(ROOT, ".github/workflows");
const texts = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
const workflows = new Map([...texts].map(([name, text]) => [name, parse(text) as Workflow]));
const jobs = [...workflows].flatMap(([file, { jobs: all }]) =>
  Object.entries(all).map(([name, job]) => ({ where: `${file}: ${name}`, job })),
);
const steps = jobs.flatMap(({ where, job }) => job.steps.map((step) => ({ where, step })));
const lines = steps.flatMap(({ where, step }) =>
  (step.run ?? "").split("\n").map((line) => ({ where, line: line.trim() })),
);

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly files: readonly string[];
};

const job = (file: string, name: string): Job => {
  const found = workflows.get(file)?.jobs[name];
  if (found === undefined) throw new Error(`${file} has no job ${name}`);
  return found;
};

describe("the workflows", () => {
  it("are there", () => {
    expect([...workflows.keys()].sort()).toEqual(["ci.yml", "release.yml"]);
    expect(steps.length).toBeGreaterThan(20);
  });

  it("take each action at a commit, with the version that it is said to be", () => {
    const used = [...texts.values()].flatMap((text) => text.match(/^.*uses:.*$/gm) ?? []);
    expect(used).toHaveLength(steps.filter(({ step }) => step.uses !== undefined).length);
    expect(used.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual(
      [],
    );
  });

  it("take one action at one commit", () => {
    const commits = new Map<string, Set<string>>();
    for (const { step } of steps) {
      const [action = "", commit = ""] = (step.uses ?? "").split("@");
      commits.set(action, (commits.get(action) ?? new Set()).add(commit));
    }
    expect([...commits].filter(([, one]) => one.size > 1)).toEqual([]);
  });

  it("may read the repository and nothing else, but for the jobs that say why they may more", () => {
    for (const { permissions } of workflows.values()) expect(permissions).toEqual({ contents: "read" });
    const more = jobs.filter(({ job: { permissions } }) => permissions !== undefined);
    expect(more.map(({ where }) => where.replace(/^release\.yml: /, "")).sort()).toEqual([
      "binaries",
      "github",
      "image",
      "jsr",
      "npm",
    ]);
  });

  it("end by themselves, and leave no token in the checkout", () => {
    expect(jobs.filter(({ job: one }) => !(one["timeout-minutes"] > 0)).map(({ where }) => where)).toEqual(
      [],
    );
    const checkouts = steps.filter(({ step }) => step.uses?.startsWith("actions/checkout@"));
    expect(checkouts.filter(({ step }) => step.with?.["persist-credentials"] !== false)).toEqual([]);
  });

  it("call only npm scripts and files that there are", () => {
    const scripts = lines.flatMap(({ line }) => /^npm run (\S+)/.exec(line)?.[1] ?? []);
    expect(scripts.length).toBeGreaterThan(2);
    expect(scripts.filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
    const called = lines.flatMap(({ line }) => /^(?:node |bash )?(\.?[\w-]+\/\S+)/.exec(line)?.[1] ?? []);
    expect(called).toContain(".ci/run");
    expect(called.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("need only jobs that there are, and run nothing that comes from outside as code", () => {
    for (const { jobs: all } of workflows.values()) {
      for (const { needs } of Object.values(all)) if (needs !== undefined) expect(all).toHaveProperty(needs);
    }
    const risky = lines.filter(({ line }) =>
      /\$\{\{\s*(?:github\.(?:event|head_ref|ref_name)|inputs)/.test(line),
    );
    expect(risky).toEqual([]);
  });
});

describe("the gate on every platform", () => {
  const matrix = job("ci.yml", "gate").strategy?.matrix.include ?? [];

  it("runs .ci/run, which is a program", () => {
    expect(job("ci.yml", "gate").steps.at(-1)?.run).toMatch(/^\.ci\/run /);
    expect(statSync(join(ROOT, ".ci/run")).mode & 0o100).not.toBe(0);
  });

  it("is on Linux x64 and arm64, macOS and Windows, and on Node 20, 22 and 24", () => {
    const systems = new Set(matrix.map(({ os }) => String(os).replace(/-(?=\d).*?(-arm)?$/, "$1")));
    expect([...systems].sort()).toEqual(["macos", "ubuntu", "ubuntu-arm", "windows"]);
    expect([...new Set(matrix.map(({ node }) => node))].sort()).toEqual([20, 22, 24]);
  });

  it("names programs that there are", () => {
    const named = matrix.flatMap(({ programs }) => String(programs).split(","));
    expect([...new Set(named)].sort()).toEqual([...PROGRAM_NAMES].sort());
  });
});

describe("a release", () => {
  it("starts every binary that it makes on its own system", () => {
    const release = readFileSync(join(ROOT, "scripts/release.mjs"), "utf8");
    const targets = /TARGETS = \[([^\]]+)\]/.exec(release)?.[1]?.match(/[\w-]+/g) ?? [];
    expect(targets).toHaveLength(5);
    const started = job("release.yml", "start").strategy?.matrix.include ?? [];
    expect(started.map(({ file }) => file)).toEqual(
      targets.map((target) => `llmproxy-${target}${target.startsWith("windows") ? ".exe" : ""}`),
    );
  });

  it("publishes only after the gate and the start of its binaries", () => {
    expect(job("release.yml", "binaries").needs).toBe("gate");
    expect(job("release.yml", "start").needs).toBe("binaries");
    for (const name of ["github", "image", "npm", "jsr"])
      expect(job("release.yml", name).needs).toBe("start");
  });

  it("puts into the image what its Dockerfile and .dockerignore name", () => {
    const copied = [
      ...readFileSync(join(ROOT, "deploy/release.Dockerfile"), "utf8").matchAll(/^COPY \S+ (\S+)/gm),
    ];
    expect(copied.map(([, path]) => path)).toEqual([
      "dist/release/llmproxy-linux-x64",
      "dist/release/llmproxy-linux-arm64",
    ]);
    expect(readFileSync(join(ROOT, "deploy/release.Dockerfile.dockerignore"), "utf8")).toBe(
      "*\n!dist/release/llmproxy-linux-*\n",
    );
  });

  it("publishes files that there are", () => {
    const made = (file: string): boolean => file.startsWith("dist/");
    expect(manifest.files.filter((file) => !made(file) && !existsSync(join(ROOT, file)))).toEqual([]);
  });
});
