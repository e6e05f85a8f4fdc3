/** What a run does: programs in turn, round after round, so that what disturbs the machine disturbs all alike. */

import type { Lab } from "./lab.ts";
import { median, residentOf } from "./measure.ts";
import { type Figures, type Load, measureLatency, measureRequests, measureStreams } from "./measures.ts";
import type { Options } from "./options.ts";
import type { Program } from "./programs.ts";
import { begin, startUpstreams, type Upstreams } from "./session.ts";

/** Figures of each program by its name: the medians of all rounds. */
export type Results = ReadonlyMap<string, Figures>;

/** A list for each figure of each program. */
type Notes = ReadonlyMap<string, Record<string, number[]>>;

const MEASURES = { requests: measureRequests, streams: measureStreams, latency: measureLatency };

/** Those that warm a program up: the others do nothing that these don't. */
const WARMING = ["requests", "streams"] as const;

/** Rejects when a load generator fails: a request or a stream that is not answered well is no measurement. */
export async function measureAll(
  lab: Lab,
  programs: readonly Program[],
  options: Options,
  say: (line: string) => void,
): Promise<Results> {
  const notes: Notes = new Map(programs.map(({ name }) => [name, {}]));
  const upstreams = await startUpstreams(lab);
  if (options.measures.includes("starts")) {
    const compared = programs.filter(({ kind }) => kind !== "peer");
    await measureStarts(lab, compared, upstreams, options.starts, notes);
    say(`${options.starts} starts of each`);
  }
  await measureLoads(lab, programs, upstreams, options, notes, say);
  return new Map(
    [...notes].map(([name, lists]) => [
      name,
      Object.fromEntries(Object.entries(lists).map(([figure, list]) => [figure, median(list)])),
    ]),
  );
}

/** Fresh starts, while nothing else runs. */
async function measureStarts(
  lab: Lab,
  programs: readonly Program[],
  upstreams: Upstreams,
  starts: number,
  notes: Notes,
): Promise<void> {
  for (let i = 0; i < starts; i += 1) {
    for (const program of programs) {
      const { process, firstAnswer } = await begin(lab, program, upstreams);
      note(notes, program.name, { "first answer after ms": firstAnswer });
      await process.stop();
    }
  }
}

async function measureLoads(
  lab: Lab,
  programs: readonly Program[],
  upstreams: Upstreams,
  { rounds, seconds, warmUp, leadIn, streams, measures: wanted }: Options,
  notes: Notes,
  say: (line: string) => void,
): Promise<void> {
  const measures = Object.entries(MEASURES).filter(([name]) => wanted.includes(name));
  const load: Load = { seconds, leadIn, streams, upstream: upstreams.requests, folder: lab.folder };
  const light: Load = { ...load, streams: Math.min(50, streams) };
  const all = [];
  for (const program of programs) {
    const begun = await begin(lab, program, upstreams);
    note(notes, program.name, { "RSS MiB, idle": residentOf(begun.process.pid) });
    all.push(begun);
  }
  for (const { program, subject } of all) {
    for (const name of WARMING.filter((one) => wanted.includes(one))) {
      await MEASURES[name](subject, { ...light, seconds: warmUp[name] });
    }
    say(`warm-up: ${program.name}`);
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const { program, subject } of all) {
      for (const [, measure] of measures) note(notes, program.name, await measure(subject, load));
      say(`round ${round} of ${rounds}: ${program.name}`);
    }
  }
}

function note(notes: Notes, name: string, figures: Figures): void {
  const lists = notes.get(name) ?? {};
  for (const [figure, value] of Object.entries(figures)) {
    lists[figure] ??= [];
    lists[figure].push(value);
  }
}
