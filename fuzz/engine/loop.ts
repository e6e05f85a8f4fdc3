/** The loop: choose an input, change it, run it, keep it if it showed something new, report it if something broke. */

import { ftruncateSync, writeSync } from "node:fs";
import { below, choose, seeded } from "../../src/simulator/random.ts";
import type { Target } from "../target.ts";
import { createCoverage } from "./coverage.ts";
import type { Message } from "./message.ts";
import { createMutator } from "./mutate.ts";

/** An execution that takes longer is a finding (ms of the processor, so that a busy machine makes none). */
const SLOW = 1000;
/** Further findings are likely to be the same ones in other words. */
const MAX_FINDINGS = 50;
/** The larger ones are changed as often as the small ones and cost more. */
const MAX_CORPUS = 20_000;

export interface LoopDeps {
  readonly seed: number;
  /** Descriptor of the file that holds the input that is being run. */
  readonly current: number;
  /** What earlier runs kept. */
  readonly corpus: readonly Uint8Array[];
  readonly tell: (message: Message) => void;
}

export interface Loop {
  /** Resolves after `ms`, or after so many executions. */
  run(ms: number, executions: number): Promise<void>;
}

export function createLoop(target: Target, hits: Uint8Array, deps: LoopDeps): Loop {
  const random = seeded(deps.seed);
  const coverage = createCoverage(hits);
  const mutator = createMutator(target.words, target.limit, random);
  const encoder = new TextEncoder();
  const corpus: Uint8Array[] = [];
  const found = new Set<string>();
  let executions = 0;

  function alive(): void {
    deps.tell({ type: "alive", executions, branches: coverage.branches, corpus: corpus.length });
  }

  /** What is wrong with an input, if anything. */
  async function failureOf(input: Uint8Array): Promise<string | undefined> {
    ftruncateSync(deps.current);
    writeSync(deps.current, input, 0, input.length, 0);
    const before = process.cpuUsage();
    try {
      const pending = target.check(input);
      if (pending !== undefined) await pending;
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000;
    return ms > SLOW ? `slow: took ${Math.round(ms)} ms` : undefined;
  }

  async function execute(input: Uint8Array, isMutant: boolean): Promise<void> {
    coverage.reset();
    const failure = await failureOf(input);
    executions += 1;
    if (failure !== undefined) return report(input, failure);
    if (!coverage.takeNew() || corpus.length >= MAX_CORPUS) return;
    corpus.push(input);
    if (isMutant) deps.tell({ type: "kept", input: Buffer.from(input).toString("base64") });
  }

  async function report(input: Uint8Array, failure: string): Promise<void> {
    const kind = kindOf(failure);
    if (found.has(kind) || found.size >= MAX_FINDINGS) return;
    found.add(kind);
    const small = await shrink(input, kind);
    deps.tell({ type: "finding", input: Buffer.from(small).toString("base64"), what: failure });
  }

  /** The same failure from less: runs of the input are left out as long as it stays. */
  async function shrink(input: Uint8Array, kind: string): Promise<Uint8Array> {
    let small = input;
    for (let size = Math.ceil(small.length / 2); size > 0; size = Math.floor(size / 2)) {
      for (let at = 0; at < small.length; ) {
        // No Buffer: its slices share its memory.
        const less = new Uint8Array(Buffer.concat([small.subarray(0, at), small.subarray(at + size)]));
        const failure = await failureOf(less);
        if (failure !== undefined && kindOf(failure) === kind) small = less;
        else at += size;
        alive();
      }
    }
    return small;
  }

  /** One of the corpus; every other time one of the latest, which lead to where nobody was yet. */
  function pick(): Uint8Array {
    const latest = Math.max(0, corpus.length - 32);
    const at = random() < 0.5 ? latest + below(corpus.length - latest, random) : below(corpus.length, random);
    return corpus[at] ?? new Uint8Array();
  }

  return {
    async run(ms, most) {
      const end = performance.now() + ms;
      let told = 0;
      for (const seed of target.seeds) await execute(encoder.encode(seed), false);
      for (const input of deps.corpus) await execute(input, false);
      if (corpus.length === 0) corpus.push(new Uint8Array());
      while (performance.now() < end && executions < most) {
        await execute(mutator.mutate(pick(), choose(corpus, random)), true);
        if (performance.now() - told > 500) {
          told = performance.now();
          alive();
          // What was told leaves when the loop of events runs.
          await new Promise(setImmediate);
        }
      }
      alive();
    },
  };
}

/** A failure without what differs from input to input: its words and the place where it arose. */
function kindOf(failure: string): string {
  const [first = "", second = ""] = failure.split("\n").filter((line) => !line.includes("holds ("));
  return `${first.replace(/\d+|".*"|'.*'/g, "#").slice(0, 60)} ${/:\d+:\d+/.exec(second)?.[0] ?? ""}`;
}
