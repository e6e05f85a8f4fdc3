/**
 * `npm run bench -- [--quick] [--rounds N] [--seconds N] [--only node,bun] [--streams N]`: measures every proxy in turn,
 * so many times, and writes docs/performance.md. `--quick` and `--only` print the table and write nothing.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nginxUpstream, type Ways } from "./config.ts";
import { RESPONSE_BODY } from "./load/request.ts";
import { median, residentOf } from "./measure.ts";
import { type Figures, type Load, measureLatency, measureRequests, measureStreams } from "./measures.ts";
import { PROGRAMS, type Program, ROOT } from "./programs.ts";
import { plotOf, reportOf, tableOf } from "./report.ts";
import { answers, freePort, type Running, start, temporaryFolder } from "./run.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    only: { type: "string" },
    streams: { type: "string", default: "200" },
    measures: { type: "string", default: "requests,streams,latency" },
  },
});

const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const seconds = Number(values.seconds ?? (values.quick ? 2 : 4));
const MEASURES = { requests: measureRequests, streams: measureStreams, latency: measureLatency };
const measures = Object.entries(MEASURES).filter(([name]) => values.measures.split(",").includes(name));
const folder = temporaryFolder();
const running: Running[] = [];

interface Measured {
  readonly program: Program;
  readonly process: Running;
  readonly ways: Ways;
  readonly taken: Record<string, number[]>;
}

function chosen(): readonly Program[] {
  const only = values.only?.split(",") ?? (values.quick ? ["node", "bun", "deno"] : undefined);
  const isChosen = ({ name, isPeer = false }: Program): boolean =>
    only === undefined ||
    name === "nginx" ||
    only.some((one) => name === one || name === `raw ${one}` || (one === "peers" && isPeer));
  return PROGRAMS.filter(isChosen);
}

function launch(command: readonly string[]): Running {
  const process = start(command);
  running.push(process);
  return process;
}

async function startUpstreams(): Promise<{ requests: number; streams: number }> {
  const [requests, streams] = [await freePort(), await freePort()];
  const file = join(folder.path, "upstream.conf");
  writeFileSync(file, nginxUpstream(folder.path, requests, RESPONSE_BODY));
  launch(["nginx", "-p", folder.path, "-c", file]);
  launch([process.execPath, join(import.meta.dirname, "load/stream-upstream.ts"), String(streams)]);
  await Promise.all([answers(requests), answers(streams, '{"stream":true}')]);
  return { requests, streams };
}

async function begin(program: Program, upstreams: { requests: number; streams: number }): Promise<Measured> {
  const own = temporaryFolder();
  const ways: Ways = {
    requests: { port: await freePort(), upstream: upstreams.requests },
    streams: { port: await freePort(), upstream: upstreams.streams },
    admin: await freePort(),
  };
  const command = program.command(ways, own.path);
  const began = performance.now();
  const process = launch(command);
  await answers(ways.requests.port);
  const startMs = performance.now() - began;
  return {
    program,
    process,
    ways,
    taken: { "first answer after ms": [startMs], "RSS MiB, idle": [residentOf(process.pid)] },
  };
}

function note(taken: Record<string, number[]>, figures: Figures): void {
  for (const [name, value] of Object.entries(figures)) {
    taken[name] ??= [];
    taken[name]?.push(value);
  }
}

async function measureAll(): Promise<ReadonlyMap<string, Figures>> {
  const upstreams = await startUpstreams();
  const all: Measured[] = [];
  for (const program of chosen()) all.push(await begin(program, upstreams));
  const load: Load = {
    seconds,
    streams: Number(values.streams),
    upstream: upstreams.requests,
    folder: folder.path,
  };
  const warmUp: Load = { ...load, seconds: Math.min(3, seconds), streams: 50 };
  for (let round = 0; round <= rounds; round += 1) {
    for (const { program, process, ways, taken } of all) {
      const subject = { pid: process.pid, requests: ways.requests.port, streams: ways.streams.port };
      for (const [name, measure] of measures) {
        if (round === 0 && name === "latency") continue;
        const figures = await measure(subject, round === 0 ? warmUp : load);
        if (round > 0) note(taken, figures);
      }
      progress(`${round === 0 ? "warm-up" : `round ${round}`}: ${program.name}`);
    }
  }
  return new Map(
    all.map(({ program, taken }) => [
      program.name,
      Object.fromEntries(Object.entries(taken).map(([name, list]) => [name, median(list)])),
    ]),
  );
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

try {
  const results = await measureAll();
  process.stdout.write(`${tableOf(results, PROGRAMS)}\n`);
  if (!values.quick && values.only === undefined) {
    writeFileSync(join(ROOT, "docs/performance.md"), reportOf(results, PROGRAMS, { rounds, seconds }));
    writeFileSync(join(ROOT, "docs/performance.svg"), plotOf(results, PROGRAMS));
  }
} finally {
  await Promise.all(running.map((one) => one.stop()));
  folder.remove();
}
process.exit(0);
