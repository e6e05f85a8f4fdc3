/** CPU time of a request and of a chunk, of each program beside its raw one, measured moments apart. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nginxUpstream } from "../config.ts";
import type { Lab } from "../lab.ts";
import { RESPONSE_BODY } from "../load/request.ts";
import { OWN, RAW } from "../programs.ts";
import { answers, freePort, freePorts } from "../run.ts";
import { begin } from "../session.ts";
import type { Cost } from "./limits.ts";
import { createRequests, createStreams, type Load } from "./loads.ts";

export interface Costs {
  /** Measures a cost once for each program named, and for what those are compared with; resolves with × RAW. */
  ratios(cost: Cost, names: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/** Loads of each program before anything counts, so that its runtime has compiled what is hot. */
const WARM_UP = 3;

/** Starts all programs, each with an upstream of streams of its own, and warms them up. */
export async function createCosts(lab: Lab): Promise<Costs> {
  const programs = [...OWN, ...RAW];
  const requests = await startRequests(lab);
  const upstreams = await freePorts(programs.length);
  const emitter = join(import.meta.dirname, "../load/paced-upstream.ts");
  const events = lab.launch([process.execPath, emitter, ...upstreams.map(String)]);

  const loads = new Map<string, Readonly<Record<Cost, Load>>>();
  for (const [i, program] of programs.entries()) {
    const streams = upstreams[i] ?? 0;
    await answers(streams, events);
    const { process, subject } = await begin(lab, program, { requests, streams });
    loads.set(program.name, {
      request: createRequests(process.pid, subject.requests),
      chunk: await createStreams(process.pid, subject.streams, streams),
    });
  }
  for (let i = 0; i < WARM_UP; i += 1) {
    for (const { request, chunk } of loads.values()) await Promise.all([request(), chunk()]);
  }

  return {
    async ratios(cost, names) {
      const chosen = OWN.filter(({ name }) => names.includes(name));
      const values = new Map<string, number>();
      // A raw one comes right after the first that is compared with it.
      for (const name of new Set(chosen.flatMap((program) => [program.name, program.raw]))) {
        values.set(name, (await loads.get(name)?.[cost]()) ?? Number.NaN);
      }
      const cpu = (name: string): number => values.get(name) ?? Number.NaN;
      return new Map(chosen.map(({ name, raw }) => [name, cpu(name) / cpu(raw)]));
    },
  };
}

/** nginx, as the upstream of requests. */
async function startRequests(lab: Lab): Promise<number> {
  const port = await freePort();
  const file = join(lab.folder, "upstream.conf");
  writeFileSync(file, nginxUpstream(lab.folder, port, RESPONSE_BODY));
  await answers(port, lab.launch(["nginx", "-p", lab.folder, "-c", file]));
  return port;
}
