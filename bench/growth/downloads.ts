/** Bodies of every size: how fast they go through, and what is left in memory. */

import { join } from "node:path";
import type { Lab } from "../lab.ts";
import { cpuOf, residentOf } from "../measure.ts";
import { OWN } from "../programs.ts";
import { answers, freePort, helper } from "../run.ts";
import { begin } from "../session.ts";
import type { Point } from "./panels.ts";
import type { Sizes } from "./sizes.ts";

/** A fresh process for each program and size. */
export async function measureDownloads(
  lab: Lab,
  { bodies, seconds }: Sizes,
  say: (line: string) => void,
): Promise<readonly Point[]> {
  const upstream = await freePort();
  const file = join(import.meta.dirname, "load/sized-upstream.ts");
  const sender = lab.launch([process.execPath, file, String(upstream)]);
  await answers(upstream, sender);

  const points: Point[] = [];
  for (const size of bodies) {
    for (const program of OWN) {
      const { process, subject } = await begin(lab, program, { requests: upstream, streams: upstream });
      const measured = await download(process.pid, subject.requests, size, seconds);
      for (const [panel, y] of measured) points.push({ panel, line: program.name, x: size, y });
      await process.stop();
      say(`bodies of ${size} bytes: ${program.name}`);
    }
  }
  await sender.stop();
  return points;
}

async function download(
  pid: number,
  port: number,
  size: number,
  seconds: number,
): Promise<readonly (readonly [Point["panel"], number])[]> {
  let cpu = Number.NaN;
  let measured: readonly (readonly [Point["panel"], number])[] = [];
  await helper("growth/load/downloads.ts", [port, size, seconds], (line) => {
    if (line === "begin") {
      cpu = cpuOf(pid);
      return;
    }
    const megabytes = Number(line) / 1e6;
    measured = [
      ["download", megabytes / seconds],
      ["downloadCpu", ((cpuOf(pid) - cpu) * 1000) / megabytes],
      ["downloadMemory", residentOf(pid)],
    ];
  });
  return measured;
}
