/** Streams at once: what an idle one holds, and what a chunk costs when there are many. */

import { join } from "node:path";
import type { Lab } from "../lab.ts";
import { cpuOf, residentOf } from "../measure.ts";
import { OWN } from "../programs.ts";
import { answers, freePort, helper } from "../run.ts";
import { type Begun, begin } from "../session.ts";
import { openFilesFor, openFilesLimit, reachable } from "./open-files.ts";
import type { Point } from "./panels.ts";
import type { Sizes } from "./sizes.ts";

/** Events a second of all streams together: whatever their number, the work is the same. */
const RATE = 10_000;
const WARM_UP = 50;

/** A fresh process for each program and number, so that one doesn't live on the other's memory. */
export async function measureStreams(
  lab: Lab,
  { streams: numbers, seconds }: Sizes,
  say: (line: string) => void,
): Promise<readonly Point[]> {
  const reached = reachable(numbers, openFilesLimit());
  const openFiles = openFilesFor(Math.max(...reached.map(({ streams }) => streams)));
  const upstream = await freePort();
  const file = join(import.meta.dirname, "../load/paced-upstream.ts");
  const emitter = lab.launch([process.execPath, file, String(upstream)], openFiles);
  await answers(upstream, emitter);

  const points: Point[] = [];
  for (const { streams, note } of reached) {
    const at = { x: streams, ...(note !== undefined && { note }) };
    for (const program of OWN) {
      const begun = await begin(lab, program, { requests: upstream, streams: upstream }, openFiles);
      const load = { upstream, seconds, openFiles };
      await run(begun, { ...load, streams: WARM_UP, rate: 0 });
      const { memory, chunk } = await run(begun, { ...load, streams, rate: RATE });
      points.push({ panel: "streamMemory", line: program.name, ...at, y: memory });
      points.push({ panel: "chunk", line: program.name, ...at, y: chunk });
      await begun.process.stop();
      say(`${streams} streams: ${program.name}`);
    }
  }
  await emitter.stop();
  return points;
}

interface Load {
  readonly upstream: number;
  readonly streams: number;
  readonly rate: number;
  readonly seconds: number;
  readonly openFiles: number;
}

/** KiB of a stream, µs of a chunk. */
async function run(
  { process: { pid }, subject }: Begun,
  { upstream, streams, rate, seconds, openFiles }: Load,
): Promise<{ readonly memory: number; readonly chunk: number }> {
  const before = residentOf(pid);
  let memory = Number.NaN;
  let cpu = Number.NaN;
  let chunk = Number.NaN;
  const onLine = (line: string): void => {
    if (line === "quiet") memory = ((residentOf(pid) - before) * 1024) / streams;
    else if (line === "begin") cpu = cpuOf(pid);
    else chunk = ((cpuOf(pid) - cpu) / Number(line)) * 1e6;
  };
  const args = [subject.streams, upstream, streams, rate, seconds];
  await helper("growth/load/many-streams.ts", args, onLine, openFiles);
  return { memory, chunk };
}
