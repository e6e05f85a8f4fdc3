/** Files that a config names and that are none, or not what they should be: each a clear error, none is waited for. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { contract, type Kit, type Row, simpleConfig } from "../../support/contract.ts";
import { run } from "../../support/programs.ts";

interface Fixture {
  readonly folder: string;
}

async function setup({ scope }: Kit): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), "llmproxy-hostile-"));
  scope.defer(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "folder"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  const links = { zero: "/dev/zero", circle: "circle", "to-folder": "folder", "to-good": "good" };
  for (const [name, to] of Object.entries(links)) symlinkSync(to, join(folder, name));
  writeFileSync(join(folder, "large"), Buffer.alloc(16 * 1024 * 1024 + 1, 0x61));
  writeFileSync(join(folder, "latin"), Buffer.from("a\nsch\xf6n\n", "latin1"));
  writeFileSync(join(folder, "utf-16"), Buffer.from("\ufeffsk", "utf16le"));
  writeFileSync(join(folder, "good"), "\ufeffsk-good\r\n");
  return { folder };
}

async function check({ program, scope }: Kit, config: string, files: Readonly<Record<string, string>> = {}) {
  const checked = run(program, { args: ["-t", "-c", config], files });
  scope.defer(() => checked.stop(0));
  return { code: await checked.exited(15_000), text: checked.stdout + checked.stderr };
}

const problems: readonly (readonly [name: string, problem: string])[] = [
  ["folder", "is a directory"],
  ["to-folder", "is a directory"],
  ["zero", "is a device, expected a file"],
  ["circle", "its symbolic links lead in a circle"],
  ["large", "is larger than 16 MiB"],
  ["latin", "is not UTF-8 (line 2)"],
  ["utf-16", "is UTF-16, expected UTF-8"],
  ["good/none", "a part of its path is not a directory"],
];

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a secret that is no file is an error that says what it is, at once",
    async run(fixture) {
      const { folder } = fixture;
      const named = [...problems.map(([name]) => name), "pipe", "to-good"];
      const upstreams = named.map((name) => [name.replace("/", "-"), "http://u.test"] as const);
      const yaml = upstreams.reduce(
        (text, [name], i) =>
          text.replace(
            `{name: ${name}, url: "http://u.test"}`,
            `{name: ${name}, url: "http://u.test", auth: {type: bearer, token: "\${file:${join(folder, named[i] ?? "")}}"}}`,
          ),
        simpleConfig({ upstreams }),
      );
      const { code, text } = await check(fixture, "c.yaml", { "c.yaml": yaml });
      expect(code).toBe(1);
      for (const [name, problem] of problems)
        expect(text).toContain(`the file "${join(folder, name)}" can't be read: ${problem}\n`);
      // Nobody writes to it: it is empty.
      expect(text).toMatch(
        /auth\.token: found \*\*\* from "\$\{file:[^}]+\/pipe\}", expected a header value/,
      );
      expect(text).not.toContain("to-good");
    },
  },
  {
    name: "so is a config",
    async run(fixture) {
      for (const [name, problem] of problems.filter(([one]) => ["zero", "large", "latin"].includes(one))) {
        const { code, text } = await check(fixture, join(fixture.folder, name));
        expect([code, text]).toEqual([1, expect.stringContaining(`${name}: can't be read: ${problem}`)]);
      }
    },
  },
];

contract("files that are none", setup, rows);
