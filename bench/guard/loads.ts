/**
 * The load of a look, made by this very process so that it begins and ends at once. It is not wrk's, so that what was
 * recorded on one machine means the same on one without wrk.
 */

import type { Socket } from "bun";
import { type Connection, createConnection } from "../load/connection.ts";
import { eventsIn, pace, STREAM_REQUEST } from "../load/paced.ts";
import { cpuOf } from "../measure.ts";

const CONNECTIONS = 32;
const STREAMS = 100;
/** Events a second. */
const RATE = 10_000;
/** How long load flows before it is measured, and how long it is measured (ms). */
const [SETTLE, MEASURED] = [80, 300];
/** Longest time for streams to flow, and for requests to end (ms). */
const PATIENCE = 10_000;

/** A load that can be put on one program again and again. Resolves with the CPU time for each (µs). */
export type Load = () => Promise<number>;

/** Requests one after the other over each of some connections. Rejects when one isn't answered well. */
export function createRequests(pid: number, port: number): Load {
  return async () => {
    let answered = 0;
    let running = 0;
    let isOver = false;
    let problem: string | undefined;
    const onProblem = (why: string): void => {
      problem ??= why;
    };
    const next = (connection: Connection): void =>
      connection.send(() => {
        answered += 1;
        if (isOver) running -= 1;
        else next(connection);
      });
    const opened = Array.from({ length: CONNECTIONS }, () => createConnection(port, onProblem));
    const connections = await Promise.all(opened);
    for (const connection of connections) {
      running += 1;
      next(connection);
    }
    const cost = await costOf(pid, () => answered);
    isOver = true;
    await until(() => problem !== undefined || running === 0, "requests don't end");
    for (const connection of connections) connection.close();
    if (problem !== undefined) throw new Error(problem);
    return cost;
  };
}

/** Streams that stay open, quiet until the load is asked for. Rejects when one breaks. */
export async function createStreams(pid: number, port: number, upstream: number): Promise<Load> {
  let events = 0;
  let problem: string | undefined;
  const open = (): Promise<Socket<{ begun: boolean }>> =>
    Bun.connect({
      hostname: "127.0.0.1",
      port,
      data: { begun: false as boolean },
      socket: {
        open(socket) {
          socket.write(STREAM_REQUEST);
        },
        data(socket, bytes) {
          if (!socket.data.begun) problem ??= notGood(bytes);
          socket.data.begun = true;
          events += eventsIn(bytes);
        },
        close() {
          problem ??= "a stream ended";
        },
        error(_socket, error) {
          problem ??= String(error);
        },
      },
    });
  for (let i = 0; i < STREAMS; i += 1) await open();
  await until(() => problem !== undefined || events >= STREAMS, "streams don't flow");
  return async () => {
    await pace(upstream, RATE);
    const cost = await costOf(pid, () => events);
    await pace(upstream, 0);
    if (problem !== undefined) throw new Error(problem);
    return cost;
  };
}

function notGood(bytes: Buffer): string | undefined {
  const text = bytes.toString("latin1", 0, 200);
  return text.startsWith("HTTP/1.1 200") ? undefined : `no good answer: ${text}`;
}

/** Of what is counted while load flows. */
async function costOf(pid: number, count: () => number): Promise<number> {
  await Bun.sleep(SETTLE);
  const [cpu, before] = [cpuOf(pid), count()];
  await Bun.sleep(MEASURED);
  return ((cpuOf(pid) - cpu) / (count() - before)) * 1e6;
}

async function until(condition: () => boolean, problem: string): Promise<void> {
  for (const end = Date.now() + PATIENCE; !condition(); await Bun.sleep(2)) {
    if (Date.now() > end) throw new Error(problem);
  }
}
