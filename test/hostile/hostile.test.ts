/**
 * Hostile clients: every case against every program. HOSTILE=full adds the slowest cases, repeats all for the memory's
 * sake, sends the same bytes to nginx and HAProxy, and writes docs/hostile-input.md.
 */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { samplesOf } from "../conformance/samples.ts";
import { chosenPrograms } from "../support/chosen-programs.ts";
import { PROGRAM_NAMES, type ProgramName, ROOT } from "../support/program-command.ts";
import type { RunningProxy } from "../support/programs.ts";
import { createScope, eventually, type Scope } from "../support/wait.ts";
import type { Case } from "./case.ts";
import { SECTIONS } from "./cases.ts";
import { type Results, reportOf } from "./report.ts";
import { type Stage, setStage } from "./run.ts";
import { isInstalled, PEERS, startOurs, startPeer } from "./subjects.ts";
import { allowedTo, wrongs } from "./verdict.ts";

const isFull = process.env["HOSTILE"] === "full";
const sections = SECTIONS.map((section) => ({
  ...section,
  cases: section.cases.filter(({ slow = false }) => isFull || !slow),
}));
const rows = sections.flatMap(({ closes, cases }) => cases.map((one) => ({ one, closes })));
const cases = rows.map(({ one }) => one);

const MiB = 1024 * 1024;
/** What all cases together may leave behind in a process: caches and heap that has grown, no leak (bytes). */
const LEFT = 160 * MiB;
/** What two more rounds of them may add to that: a round sends about 50 MB and 900 requests (bytes). */
const GROWTH = 96 * MiB;

const results: Results[] = [];

const isQuick = ({ slow = false }: Case): boolean => !slow;

describe.each(chosenPrograms())("%s: hostile input", (program) => {
  it(`does what is allowed in ${cases.length} cases, and is well afterwards`, {
    timeout: 300_000,
  }, async () => {
    await inScope(async (scope) => {
      const stage = await setStage(cases, scope, (ports) => startOurs(program, ports, scope));
      const { proxy } = stage.subject;
      if (proxy === undefined) throw new Error("no program");
      const before = proxy.residentBytes();
      const red = await judged(program, stage);
      const first = await settled(proxy, before + LEFT);
      if (isFull) {
        red.push(...(await judged(program, stage, isQuick)), ...(await judged(program, stage, isQuick)));
      }
      const after = await settled(proxy, first + GROWTH);
      const last = results.findIndex(({ subject }) => subject === program);
      results.splice(last, 1, { ...(results[last] as Results), memory: { before, first, after } });
      expect(red).toEqual([]);
      expect(await stage.isWell()).toBe(true);
      expect(first - before, "resident bytes that are left").toBeLessThan(LEFT);
      expect(after - first, "resident bytes that were added").toBeLessThan(GROWTH);
      expect((await samplesOf(proxy)).sum("llmproxy_in_flight_requests", {})).toBe(0);
      const defects = proxy.log.filter(({ level }) => level === "error");
      expect(defects).toEqual([]);
    });
  });
});

/** Plays the cases, keeps the results of the first time, and returns what was not allowed. */
async function judged(
  program: ProgramName,
  stage: Stage,
  isChosen?: (one: Case) => boolean,
): Promise<string[]> {
  const outcomes = await stage.run(isChosen);
  const wrong = rows.map(({ one, closes }, i) => {
    const outcome = outcomes[i];
    return outcome === undefined ? [] : wrongs(outcome, allowedTo(one, program), closes);
  });
  if (!results.some(({ subject }) => subject === program))
    results.push({ subject: program, outcomes, wrongs: wrong });
  return rows.flatMap(({ one }, i) =>
    (wrong[i] ?? []).length > 0 ? [`${one.name}: ${wrong[i]?.join("; ")}`] : [],
  );
}

/** Resident bytes as soon as there are no more than `bound`, or when that has not come true for a while. */
async function settled(proxy: RunningProxy, bound: number): Promise<number> {
  await eventually(() => proxy.residentBytes() < bound, 10_000, "memory returns").catch(() => undefined);
  return proxy.residentBytes();
}

describe.runIf(isFull).each(PEERS)("%s, for comparison", (peer) => {
  it.runIf(isInstalled(peer))("is sent the same bytes", { timeout: 300_000 }, async () => {
    await inScope(async (scope) => {
      const stage = await setStage(cases, scope, (ports) => startPeer(peer, ports, scope));
      const outcomes = await stage.run();
      results.push({ subject: peer, outcomes, wrongs: outcomes.map((outcome) => outcome?.faults ?? []) });
    });
  });
});

async function inScope(work: (scope: Scope) => Promise<void>): Promise<void> {
  const scope = createScope();
  try {
    await work(scope);
  } finally {
    await scope.close();
  }
}

afterAll(() => {
  const order = [...PROGRAM_NAMES, ...PEERS];
  if (!isFull || results.length < order.length) return;
  const sorted = order.flatMap((name) => results.filter(({ subject }) => subject === name));
  writeFileSync(join(ROOT, "docs/hostile-input.md"), reportOf(sections, sorted, about()));
});

function about(): string {
  const version = (command: string, flag: string): string => {
    const text = execFileSync("sh", ["-c", `${command} ${flag} 2>&1`], { encoding: "utf8" });
    return /\d+\.\d+\.\d+/.exec(text)?.[0] ?? "?";
  };
  const bin = join(ROOT, "node_modules/.bin");
  const versions = [
    `Node ${process.versions.node}`,
    `Bun ${version(join(bin, "bun"), "--version")}`,
    `Deno ${version(join(bin, "deno"), "--version")}`,
    `nginx ${version("nginx", "-v")}`,
    `HAProxy ${version("haproxy", "-v")}`,
  ];
  return `Last run: ${new Date().toISOString().slice(0, 10)}, ${versions.join(", ")}.`;
}
