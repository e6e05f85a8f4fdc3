/** Runs one target in a process of its own and collects what it tells. */

import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildTarget, FUZZ } from "./build.ts";
import { saveInput } from "./corpus.ts";
import type { Message } from "./message.ts";

/** A child that says nothing for so long hangs in its input (ms). Executions are slow where many share a machine. */
const SILENCE = 20_000;
/** So that an input that takes all memory takes little time for it. */
const HEAP_MIB = 1024;

export interface RunOptions {
  readonly seconds: number;
  /** @default unlimited */
  readonly executions: number;
  readonly seed: number;
}

export interface Report {
  readonly executions: number;
  readonly branches: number;
  readonly corpus: number;
  readonly findings: readonly Finding[];
}

export interface Finding {
  readonly what: string;
  /** Where the input is. */
  readonly file: string;
}

export async function runTarget(name: string, { seconds, executions, seed }: RunOptions): Promise<Report> {
  const { child: script, target } = await buildTarget(name);
  const folder = mkdtempSync(join(tmpdir(), "llmproxy-fuzz-"));
  const current = join(folder, "current");
  const corpus = join(FUZZ, "corpus", name);
  const findings: Finding[] = [];
  let counts = { executions: 0, branches: 0, corpus: 0 };

  const find = (what: string, input: Uint8Array): void => {
    findings.push({ what, file: saveInput(join(FUZZ, "findings", name), input) });
  };
  const child = fork(script, [target, current, corpus, seed, seconds, executions].map(String), {
    execPath: "node",
    execArgv: [`--max-old-space-size=${HEAP_MIB}`],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  let hangs = false;
  const hang = (): void => {
    hangs = true;
    child.kill("SIGKILL");
  };
  let silence = setTimeout(hang, SILENCE);
  child.on("message", (message: Message) => {
    clearTimeout(silence);
    silence = setTimeout(hang, SILENCE);
    if (message.type === "alive") counts = message;
    else if (message.type === "kept") saveInput(corpus, Buffer.from(message.input, "base64"));
    else find(message.what, Buffer.from(message.input, "base64"));
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearTimeout(silence);
  if (code !== 0)
    find(hangs ? `hangs for ${SILENCE} ms` : `ended its process with ${code}`, readFileSync(current));
  rmSync(folder, { recursive: true });
  const { executions: ran, branches, corpus: kept } = counts;
  return { executions: ran, branches, corpus: kept, findings };
}
