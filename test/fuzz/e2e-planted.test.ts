/** The end-to-end fuzz finds what is wrong with a naive proxy, and makes it small. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AnswerCase } from "../../fuzz/e2e/answers.ts";
import type { ClientCase } from "../../fuzz/e2e/clients.ts";
import { type E2eFinding, hunt } from "../../fuzz/e2e/hunt.ts";
import { knownAnswer } from "../../fuzz/e2e/known.ts";
import type { Subject, UpstreamPorts } from "../../fuzz/e2e/subject.ts";
import { E2E_TARGETS } from "../../fuzz/e2e/target.ts";

async function startStandIn({ fuzzed, good }: UpstreamPorts): Promise<Subject> {
  const args = [join(import.meta.dirname, "stand-in.mjs"), String(fuzzed), String(good)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  let end: string | undefined;
  child.stderr.on("data", (text: Buffer) => {
    stderr += String(text);
  });
  child.on("exit", (code) => {
    end = `the program ended with ${code}`;
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    lacks: [],
    port: () => Number(String(line)),
    ended: () => end,
    get stderr() {
      return stderr;
    },
    metrics: async () => undefined,
    descriptors: () => undefined,
    logTail: () => "",
    async stop() {
      if (end !== undefined) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

const options = { executions: 1, start: startStandIn, most: 1, tries: 60 };

function finding(findings: readonly E2eFinding[], what: string): E2eFinding {
  const found = findings.find((one) => one.what.includes(what));
  if (found === undefined) throw new Error(`not found: ${what}; found ${JSON.stringify(findings)}`);
  return found;
}

describe("the end-to-end fuzz", () => {
  it("finds the answer that ends a program", { timeout: 60_000 }, async () => {
    const { findings } = await hunt(E2E_TARGETS.answers, { ...options, seed: 256 });
    const { parts } = JSON.parse(finding(findings, "ERR_INVALID_CHAR").input) as AnswerCase;
    expect(parts.join("")).toMatch(/^HTTP\/1\.1 \d+ .*[\x7f-\xff]/);
    expect(parts.join("").length).toBeLessThan(60);
  });

  it("finds the cut that looks whole", { timeout: 60_000 }, async () => {
    const { findings } = await hunt(E2E_TARGETS.answers, { ...options, seed: 759 });
    const { parts } = JSON.parse(finding(findings, "a cut answer looks whole").input) as AnswerCase;
    expect(parts.join("").length).toBeLessThan(80);
  });

  it("finds the client that ends a program", { timeout: 60_000 }, async () => {
    const { findings } = await hunt(E2E_TARGETS.clients, { ...options, executions: 12, seed: 1 });
    const { seed, input } = finding(findings, "no upgrade to");
    const { steps } = JSON.parse(input) as ClientCase;
    expect(input).toContain("upgrade: ");
    expect(steps.length).toBeLessThan(3);
    expect(E2E_TARGETS.clients.make(seed)).toEqual(E2E_TARGETS.clients.make(seed));
  });

  it("leaves out what is known", async () => {
    const known = [knownAnswer("all of them", () => true)];
    const { executions, leftOut } = await hunt(E2E_TARGETS.answers, { ...options, seed: 256, known });
    expect([executions, leftOut]).toEqual([0, 1]);
  });
});
