import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { main } from "../../src/program/main.ts";
import { createFakeRuntime } from "../support/fake-runtime.ts";
import { surroundingsOf } from "./configs.ts";
import { ROOT, read } from "./documents.ts";
import { configInConfigMap } from "./manifests.ts";
import { has } from "./tools.ts";

const folders = readdirSync(join(ROOT, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Each example's configuration, by what it is called. */
const configs: readonly { readonly name: string; readonly text: string }[] = [
  ...folders
    .map((folder) => `examples/${folder}/llmproxy.yaml`)
    .filter((file) => existsSync(join(ROOT, file)))
    .map((name) => ({ name, text: read(name) })),
  { name: "examples/kubernetes/configmap.yaml", text: configInConfigMap() },
];

/** Runs `llmproxy -t` on a text, with dummies in the environment that it names. */
async function test(
  text: string,
): Promise<{ readonly exits: readonly number[]; readonly err: readonly string[] }> {
  const { env, files } = surroundingsOf(text);
  const runtime = createFakeRuntime({ files: { ...files, "/c/llmproxy.yaml": text }, variables: env });
  await main(runtime, ["-t", "-c", "/c/llmproxy.yaml"]);
  return runtime;
}

describe("examples", () => {
  it("are one for each of these", () => {
    expect(folders.sort()).toEqual(
      [
        "azure",
        "compose",
        "egress-proxy",
        "kubernetes",
        "ollama",
        "openai-anthropic",
        "systemd",
        "tls",
        "vllm",
      ].sort(),
    );
    expect(configs).toHaveLength(folders.length);
  });

  it.each(configs)("$name is fine to -t, without warnings", async ({ text }) => {
    expect(await test(text)).toMatchObject({ exits: [0], err: [] });
  });

  it.each(configs)("$name tells editors its schema in its first line", ({ text }) => {
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../../config.schema.json");
  });

  it.each(configs)("$name names in its comments what it needs in the environment", ({ name, text }) => {
    const needed = Object.keys(surroundingsOf(text).env ?? {});
    const beside = name.includes("kubernetes") ? read("examples/kubernetes/secret.yaml") : "";
    const comments = text.split("\n").filter((line) => line.trim().startsWith("#"));
    const told = `${comments.join("\n")}${beside}`;
    expect(needed.filter((variable) => !told.includes(variable))).toEqual([]);
  });

  it("would not be fine with a group that there is none of", async () => {
    const text = read("examples/ollama/llmproxy.yaml").replace(
      "upstream_group: ollama",
      "upstream_group: olama",
    );
    expect((await test(text)).exits).toEqual([1]);
  });
});

describe("the systemd example", () => {
  it.skipIf(!has("systemd-analyze"))(
    "is a drop-in that systemd reads (skipped without systemd-analyze)",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "llmproxy-unit-"));
      try {
        const verify = (dropIn: string): string => {
          const unit = `mkdir -p llmproxy.service.d && printf '[Service]\\nExecStart=/bin/true\\n' > llmproxy.service && cat > llmproxy.service.d/override.conf`;
          spawnSync("sh", ["-c", unit], { cwd: folder, input: dropIn });
          const { stdout, stderr } = spawnSync(
            "systemd-analyze",
            ["verify", "--man=no", "./llmproxy.service"],
            {
              cwd: folder,
              encoding: "utf8",
            },
          );
          return `${stdout}${stderr}`
            .split("\n")
            .filter((line) => line.includes("llmproxy"))
            .join("\n");
        };
        // Its program is not installed where tests run.
        const text = read("examples/systemd/llmproxy.service.d/override.conf").replace(
          /=\S+\/llmproxy /,
          "=/bin/true ",
        );
        expect(verify(text)).toBe("");
        expect(verify(text.replace("LimitNOFILE", "LimitNoFiles"))).toContain("LimitNoFiles");
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  it("reads its keys where the unit's credentials are", () => {
    const dropIn = read("examples/systemd/llmproxy.service.d/override.conf");
    const names = [...dropIn.matchAll(/^LoadCredential=([\w-]+):/gm)].map(([, name]) => name);
    const paths = Object.keys(surroundingsOf(read("examples/systemd/llmproxy.yaml")).files);
    expect(paths).toEqual(names.map((name) => `/run/credentials/llmproxy.service/${name}`));
  });

  it("gives the program the time that it asks for", () => {
    const dropIn = read("examples/systemd/llmproxy.service.d/override.conf");
    const number = (pattern: RegExp): number => Number(pattern.exec(dropIn)?.[1]);
    expect(number(/^TimeoutStopSec=(\d+)/m)).toBeGreaterThan(number(/--shutdown-timeout (\d+)/));
  });
});
