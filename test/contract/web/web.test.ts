import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OF_DENO, OF_LIGHT, OF_NATIVE } from "./differences.ts";
import { light } from "./light.ts";
import type { Differences } from "./maker.ts";
import { native } from "./native.ts";
import { ROWS, runRow } from "./rows.ts";
import type { Ran } from "./run.ts";

const ROOT = join(import.meta.dirname, "../../..");

const FLAGS = { bun: ["--no-env-file"], deno: ["run", "--no-check", "--no-prompt", "--allow-env"] } as const;

/** Runs the rows inside another runtime; each name with the error that it ended with. */
function runInside(
  runtime: keyof typeof FLAGS,
  whose: "own" | "adapter",
): Promise<ReadonlyMap<string, string | undefined>> {
  const args = [...FLAGS[runtime], join(import.meta.dirname, "run.ts"), whose];
  return new Promise((resolve, reject) => {
    execFile(join(ROOT, "node_modules/.bin", runtime), args, { cwd: ROOT }, (error, stdout, stderr) => {
      if (error !== null) return reject(new Error(`${runtime}: ${stderr}`, { cause: error }));
      const lines = stdout.split("\n").filter((line) => line !== "");
      const ran = lines.map((line) => JSON.parse(line) as Ran);
      resolve(new Map(ran.map(({ name, error }) => [name, error])));
    });
  });
}

/** A test of each row. `run`: the error that it ends with, or undefined where it holds. */
function contract(
  subject: string,
  differences: Differences,
  run: (name: string) => Promise<string | undefined>,
): void {
  describe(subject, () => {
    for (const name of Object.keys(ROWS)) {
      it(name, async (context) => {
        const error = await run(name);
        const reason = differences[name];
        if (reason === undefined) return expect(error).toBeUndefined();
        expect(error, `it is said to differ (${reason}), and does not`).toBeDefined();
        context.skip(reason);
      });
    }

    it("has no differences in rows that do not exist", () => {
      expect(Object.keys(differences).filter((name) => !(name in ROWS))).toEqual([]);
    });
  });
}

contract("the light objects of Node's adapter", OF_LIGHT, (name) => runRow(name, light));
contract("Node's own objects", OF_NATIVE.node, (name) => runRow(name, native));

const INSIDE = [
  ["the objects of bun", "bun", "own", OF_NATIVE.bun],
  ["the objects of deno", "deno", "own", OF_NATIVE.deno],
  ["the objects of Deno's adapter", "deno", "adapter", OF_DENO],
] as const;

for (const [subject, runtime, whose, differences] of INSIDE) {
  let ran: ReturnType<typeof runInside> | undefined;
  contract(subject, differences, async (name) => {
    ran ??= runInside(runtime, whose);
    const results = await ran;
    return results.has(name) ? results.get(name) : "the row was not run";
  });
}
