import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HITS, instrument } from "../../fuzz/engine/instrument.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Runs a module's text and gives what it returns and how often each branch was taken. */
function evaluate(code: string): { value: unknown; hits: readonly number[] } {
  const { code: counted, sites } = instrument(code);
  const hits = new Uint8Array(sites);
  const value: unknown = new Function(HITS, `${counted}; return f();`)(hits);
  return { value, hits: [...hits] };
}

describe("the fuzzer", () => {
  it("counts each arm of a branch and changes nothing else", () => {
    const code = `
function f() {
  const out = [];
  for (const x of [1, 2, 3]) if (x > 2) out.push("a"); else if (x > 1) out.push("b"); else { out.push("c") }
  const y = out.length === 3 ? out[0] : 0, z = y && (() => ({ y }))(), w = null ?? "w";
  switch (w) { case "v": out.push("v"); break; case "w": case "u": out.push(z.y) }
  do out.push("d"); while (false)
  try { null.x } catch { out.push("e") }
  return out.join("");
}`;
    const { value, hits } = evaluate(code);
    const plain: unknown = new Function(`${code}; return f();`)();
    expect(value).toBe(plain);
    expect(value).toBe("cbacde");
    expect(hits.length).toBe(15);
    expect(hits.filter((count) => count === 0).length).toBe(2);
  });

  it("comes upon a defect behind two checks, leaves the smallest input that shows it, and fails", () => {
    const findings = join(ROOT, "fuzz/findings/planted");
    for (const left of [findings, join(ROOT, "fuzz/corpus/planted")])
      rmSync(left, { recursive: true, force: true });
    const args = ["--no-env-file", "fuzz/main.ts", "planted", "--seed", "1", "--executions", "300000"];
    const bun = join(ROOT, "node_modules/.bin/bun");
    const { status, stdout } = spawnSync(bun, args, { cwd: ROOT, encoding: "utf8", timeout: 60_000 });
    const [, file = ""] = /FINDING (\S+)\n +Error: planted/.exec(stdout) ?? [];
    expect(existsSync(file), stdout).toBe(true);
    expect(readFileSync(file, "utf8")).toBe("B!");
    expect(status).toBe(1);
  }, 60_000);
});
