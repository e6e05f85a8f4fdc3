/** The upstreams of a run, and the proxies before them. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nginxUpstream, type Ways } from "./config.ts";
import type { Lab } from "./lab.ts";
import { RESPONSE_BODY } from "./load/request.ts";
import type { Subject } from "./measures.ts";
import type { Program } from "./programs.ts";
import { answers, freePorts, type Running } from "./run.ts";

/** Ports. */
export interface Upstreams {
  readonly requests: number;
  readonly streams: number;
}

/** A program that has answered its first request. */
export interface Begun {
  readonly program: Program;
  readonly process: Running;
  readonly subject: Subject;
  /** From its start to its first answer with 200 (ms). */
  readonly firstAnswer: number;
}

/** nginx for requests, an emitter of events for streams. */
export async function startUpstreams(lab: Lab): Promise<Upstreams> {
  const [requests = 0, streams = 0] = await freePorts(2);
  const file = join(lab.folder, "upstream.conf");
  writeFileSync(file, nginxUpstream(lab.folder, requests, RESPONSE_BODY));
  const nginx = lab.launch(["nginx", "-p", lab.folder, "-c", file]);
  const emitter = join(import.meta.dirname, "load/stream-upstream.ts");
  const events = lab.launch([process.execPath, emitter, String(streams)]);
  await Promise.all([answers(requests, nginx), answers(streams, events, '{"stream":true}')]);
  return { requests, streams };
}

/** Starts a program with a configuration of its own. `openFiles`: see {@link Lab.launch}. */
export async function begin(
  lab: Lab,
  program: Program,
  upstreams: Upstreams,
  openFiles?: number,
): Promise<Begun> {
  const [requests = 0, streams = 0, admin = 0] = await freePorts(3);
  const ways: Ways = {
    requests: { port: requests, upstream: upstreams.requests },
    streams: { port: streams, upstream: upstreams.streams },
    admin,
  };
  const command = program.command(ways, lab.subfolder());
  const began = performance.now();
  const process = lab.launch(command, openFiles);
  await answers(ways.requests.port, process);
  const firstAnswer = performance.now() - began;
  const subject = { pid: process.pid, requests: ways.requests.port, streams: ways.streams.port };
  return { program, process, subject, firstAnswer };
}
