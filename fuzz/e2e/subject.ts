/** What is fuzzed: a program that runs, seen from outside. */

import { readdirSync } from "node:fs";
import type { ProgramName } from "../../test/support/program-command.ts";
import { startProgram } from "../../test/support/programs.ts";
import { request } from "../../test/support/raw-request.ts";
import type { ForwardName } from "./answers.ts";
import { type Lack, lacksOf } from "./lacks.ts";

export interface Subject {
  /** What its runtime can't do. */
  readonly lacks: readonly Lack[];
  /** Port of a forward; `plain` is there always. */
  port(forward: ForwardName): number;
  /** How it ended, if it has. */
  ended(): string | undefined;
  /** Everything on standard error. */
  readonly stderr: string;
  /** Its metrics in Prometheus' text format; undefined where it has none. */
  metrics(): Promise<string | undefined>;
  /** Descriptors that are open; undefined where the system doesn't tell. */
  descriptors(): number | undefined;
  /** The last lines of its log. */
  logTail(): string;
  stop(): Promise<void>;
}

/** Ports of the upstreams that subjects are started for. */
export interface UpstreamPorts {
  /** The one whose answers are fuzzed. */
  readonly fuzzed: number;
  /** One that answers well. */
  readonly good: number;
}

/**
 * One program with three forwards: `plain` has the fuzzed upstream only; `held` moves on to the good one, so that answers
 * are looked into before they are passed on; `buffered` reads answers whole first.
 */
function configFor({ fuzzed, good }: UpstreamPorts): string {
  const timeout = "{connect: 2, request: 1, stall: 1, total: 5}";
  return `
http_server:
  forwards:
    - {name: plain, port: 0, address: 127.0.0.1, upstream_group: plain, timeout: {connect: 3, body: 3, write: 3}, routing: [{path: /good/*, target_group: good}]}
    - {name: held, port: 0, address: 127.0.0.1, upstream_group: held}
    - {name: buffered, port: 0, address: 127.0.0.1, upstream_group: buffered}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
  - {name: fuzzed, url: "http://127.0.0.1:${fuzzed}"}
  - {name: good, url: "http://127.0.0.1:${good}"}
upstream_groups:
  - {name: plain, upstreams: [{name: fuzzed}], http_client: {timeout: ${timeout}}}
  - {name: held, upstreams: [{name: fuzzed}, {name: good}], balance: {strategy: failover}, http_client: {timeout: ${timeout}}}
  - {name: buffered, upstreams: [{name: fuzzed}], http_client: {stream_mode: false, timeout: ${timeout}}}
  - {name: good, upstreams: [{name: good}], http_client: {timeout: {request: 10, stall: 10}}}
`;
}

export async function startSubject(name: ProgramName, ports: UpstreamPorts): Promise<Subject> {
  const program = await startProgram(name, configFor(ports));
  let end: string | undefined;
  program.exited(2 ** 31 - 1).then(
    (code) => {
      end = `the program ended with ${code}`;
    },
    () => undefined,
  );
  const { pid } = program;
  return {
    lacks: lacksOf(name),
    port: (forward) => program.port(forward),
    ended: () => end ?? (program.pid === pid ? undefined : "the program is another process"),
    get stderr() {
      return program.stderr;
    },
    async metrics() {
      const answer = await request(program.adminPort, "/metrics");
      return answer.text();
    },
    descriptors() {
      try {
        return readdirSync(`/proc/${pid}/fd`).length;
      } catch {
        return undefined;
      }
    },
    logTail: () => program.stdout.slice(-1500),
    stop: () => program.stop(1_000),
  };
}
