/** What is measured of a running proxy. Each resolves with figures by name. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PATH, WRK_SCRIPT } from "./load/request.ts";
import { cpuOf, quantile, residentOf } from "./measure.ts";
import { helper, output } from "./run.ts";

/** Figures of one measurement; which there are says {@link FIGURES}. */
export type Figures = Readonly<Record<string, number>>;

export interface Subject {
  readonly pid: number;
  readonly requests: number;
  readonly streams: number;
}

export interface Load {
  readonly seconds: number;
  /** Seconds of requests before those that are measured: while others were measured, code went cold and was thrown away. */
  readonly leadIn: number;
  readonly streams: number;
  readonly upstream: number;
  readonly folder: string;
}

/** As many requests as it takes: CPU for each, and how many a second. */
export async function measureRequests(
  { pid, requests }: Subject,
  { seconds, leadIn, folder }: Load,
): Promise<Figures> {
  const script = join(folder, "post.lua");
  writeFileSync(script, WRK_SCRIPT);
  const url = `http://127.0.0.1:${requests}${PATH}`;
  const wrk = (duration: number): Promise<string> =>
    output(["wrk", "-t1", "-c32", `-d${duration}s`, "-s", script, url]);
  await wrk(leadIn);
  const before = cpuOf(pid);
  const text = await wrk(seconds);
  const cpu = cpuOf(pid) - before;
  const made = Number(/(\d+) requests in/.exec(text)?.[1]);
  const bad = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(text)?.[0];
  if (bad !== undefined || !(made > 0)) throw new Error(`wrk: ${bad ?? text}`);
  return {
    "CPU µs a request": (cpu / made) * 1e6,
    "requests a second": made / seconds,
    "RSS MiB, requests": residentOf(pid),
  };
}

/** Many streams with an event each 10 ms: CPU for each event, and how long it is on its way. */
export async function measureStreams(subject: Subject, { seconds, streams }: Load): Promise<Figures> {
  let before = Number.NaN;
  let figures: Figures = {};
  await helper("load/streams.ts", [subject.streams, streams, seconds], (line) => {
    const cpu = cpuOf(subject.pid);
    if (line === "begin") {
      before = cpu;
      return;
    }
    const { events, ms } = JSON.parse(line) as { events: number; ms: number[] };
    figures = {
      "CPU µs a chunk": ((cpu - before) / events) * 1e6,
      "chunks a second": events / seconds,
      "chunk on its way p50 ms": quantile(ms, 0.5),
      "chunk on its way p99 ms": quantile(ms, 0.99),
      "RSS MiB, streams": residentOf(subject.pid),
    };
  });
  return figures;
}

/** 200 requests a second, and as many directly: what the proxy adds. */
export async function measureLatency({ requests }: Subject, { seconds, upstream }: Load): Promise<Figures> {
  let figures: Figures = {};
  await helper("load/latency.ts", [200, seconds, upstream, requests], (line) => {
    const [direct, proxied] = JSON.parse(line) as { ms: number[]; late: number }[];
    const added = (q: number): number => quantile(proxied?.ms ?? [], q) - quantile(direct?.ms ?? [], q);
    figures = { "added p50 ms": added(0.5), "added p99 ms": added(0.99) };
  });
  return figures;
}
