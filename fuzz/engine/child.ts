/**
 * `child.mjs TARGET CURRENT CORPUS SEED SECONDS EXECUTIONS`: runs one target until its time or its number is up. A
 * process of its own, so that its parent sees an input that hangs it or takes all its memory: each is written to the
 * file CURRENT before it is run.
 */

import { openSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Target } from "../target.ts";
import { loadCorpus } from "./corpus.ts";
import { createLoop } from "./loop.ts";
import type { Message } from "./message.ts";

const [module = "", current = "", corpus = "", seed, seconds, executions] = process.argv.slice(2);
const { target, hits } = (await import(pathToFileURL(module).href)) as { target: Target; hits: Uint8Array };

const loop = createLoop(target, hits, {
  seed: Number(seed),
  current: openSync(current, "w+"),
  corpus: loadCorpus(corpus),
  tell: (message: Message) => void process.send?.(message),
});
await loop.run(Number(seconds) * 1000, Number(executions));
process.disconnect?.();
