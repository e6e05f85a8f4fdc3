/** The command line of `npm run bench`. */

import { join } from "node:path";
import { parseArgs } from "node:util";

export interface Options {
  readonly rounds: number;
  /** Of each measure in each round. */
  readonly seconds: number;
  /** Seconds of load before the first round. */
  readonly warmUp: { readonly requests: number; readonly streams: number };
  /** Seconds of requests before each measurement of them. */
  readonly leadIn: number;
  /** Fresh starts of each program. */
  readonly starts: number;
  readonly streams: number;
  /** Names of measures. */
  readonly measures: readonly string[];
  /** Names of programs, with their raw ones; `peers` is all peers. Absent: all there are. */
  readonly only?: readonly string[];
  /** Versions of Node to install first. */
  readonly nodes: readonly string[];
  /** The table of peers. */
  readonly peers: string;
  /** Whether docs/performance.md is written: only by a run of everything. */
  readonly isWritten: boolean;
}

export const MEASURE_NAMES = ["starts", "requests", "streams", "latency"] as const;

const QUICK = ["node", "bun", "deno"];

export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      seconds: { type: "string" },
      starts: { type: "string" },
      streams: { type: "string", default: "200" },
      measures: { type: "string", default: MEASURE_NAMES.join() },
      only: { type: "string" },
      nodes: { type: "string", default: "" },
      peers: { type: "string", default: join(import.meta.dirname, "peers.json") },
    },
  });
  const { quick } = values;
  const nodes = values.nodes.split(",").filter((version) => version !== "");
  const measures = values.measures.split(",");
  const only =
    values.only?.split(",") ?? (quick ? [...QUICK, ...nodes.map((version) => `node ${version}`)] : undefined);
  return {
    rounds: positive(values.rounds, quick ? 1 : 5),
    seconds: positive(values.seconds, quick ? 2 : 4),
    // Deno's programs become cheaper for 20 s of requests.
    warmUp: quick ? { requests: 2, streams: 2 } : { requests: 20, streams: 8 },
    leadIn: quick ? 2 : 6,
    starts: positive(values.starts, quick ? 3 : 5),
    streams: positive(values.streams, 200),
    measures,
    ...(only !== undefined && { only }),
    nodes,
    peers: values.peers,
    isWritten: only === undefined && MEASURE_NAMES.every((name) => measures.includes(name)),
  };
}

/** A whole number from 1. */
function positive(text: string | undefined, otherwise: number): number {
  const value = Number(text ?? otherwise);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${text} is not a whole number from 1`);
  return value;
}
