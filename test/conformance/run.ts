/** Runs the cases against one program: one process, and for each case and setting upstreams of its own. */

import { ok } from "../support/behaviours.ts";
import type { Kit } from "../support/contract.ts";
import type { Behaviour, FaultUpstream } from "../support/fault-upstream.ts";
import type { RunningProxy } from "../support/programs.ts";
import { createLatch, eventually, type Latch, now, pause } from "../support/wait.ts";
import type { Case, Expected, Run } from "./case.ts";
import { ask, GOOD, PATHS, wrongBytes } from "./client.ts";
import { configOf, startAddresses } from "./config.ts";
import { type Samples, samplesOf } from "./samples.ts";
import * as wire from "./wire.ts";

/** What was seen; compared with what is expected. */
export interface Seen extends Omit<Expected, "state"> {
  /** Whose answer it says to be: the faulty upstream's (`a`), the other's (`b`), or `-`. */
  readonly from: string;
  /** The faulty upstream's state. */
  readonly state: string;
  /** `reason` labels of the sends after the faulty upstream's failures. */
  readonly retries: string;
  /** What was counted at the other upstream. */
  readonly other: { readonly error: string; readonly breaker: string; readonly state: string };
  readonly next?: string;
  /** Requests that the upstreams are still said to serve. */
  readonly inFlight: number;
  /** What is wrong with the bytes, if anything. */
  readonly bytes: string | undefined;
}

type Played = Pick<Seen, "client" | "attempts" | "from" | "seconds" | "bytes">;

/** Requests at once. An upload keeps a core busy, and others would seem late. */
const AT_ONCE = 16;
const UPLOADS_AT_ONCE = 4;

/** Runs them all, and resolves with what was seen of each, in the same order. */
export async function runAll(kit: Kit, runs: readonly Run[]): Promise<readonly Seen[]> {
  const server = await kit.upstream();
  const proxy = await kit.start(configOf(runs, server, await startAddresses(kit, server)));
  const table = runs.map((run, id) => ({ run, id }));
  const isHeavy = ({ run }: (typeof table)[number]): boolean => run.case.kind === "upload";

  const played = new Map<number, Played>();
  const first = async ({ run, id }: (typeof table)[number]): Promise<void> => {
    played.set(id, await play(run, id, server, proxy));
  };
  await inParallel(
    table.filter((one) => !isHeavy(one)),
    AT_ONCE,
    first,
  );
  await inParallel(table.filter(isHeavy), UPLOADS_AT_ONCE, first);
  const samples = await settled(proxy);

  const nexts = new Map<number, string>();
  await inParallel(
    table.filter(({ run }) => run.case.next !== undefined),
    AT_ONCE,
    async ({ run, id }) => {
      nexts.set(id, await askNext(run.case, id, server, proxy));
    },
  );

  return table.flatMap(({ id }) => {
    const one = played.get(id);
    const next = nexts.get(id);
    if (one === undefined) return [];
    const { inFlight, retries, ...faulty } = countedAt(samples, `c${id}a`);
    const { inFlight: alsoInFlight, retries: _, ...other } = countedAt(samples, `c${id}b`);
    const seen = { ...one, ...faulty, retries, other, inFlight: inFlight + alsoInFlight };
    return [{ ...seen, ...(next !== undefined && { next }) }];
  });
}

/** The metrics when nothing is in flight any more, or when that has not come true for a while. */
async function settled(proxy: RunningProxy): Promise<Samples> {
  const idle = async (): Promise<Samples | undefined> => {
    const samples = await samplesOf(proxy);
    return samples.sum("llmproxy_in_flight_requests", {}) === 0 ? samples : undefined;
  };
  return eventually(idle, 3_000, "nothing in flight").catch(() => samplesOf(proxy));
}

function countedAt(samples: Samples, upstream: string) {
  return {
    error: samples.counted("llmproxy_upstream_errors_total", { upstream }, "error"),
    breaker: samples.counted("llmproxy_circuitbreaker_calls_total", { upstream }, "result"),
    state: samples.counted("llmproxy_upstream_state", { upstream }, "state"),
    retries: samples.counted("llmproxy_retries_total", { upstream }, "reason"),
    inFlight: samples.sum("llmproxy_in_flight_requests", { upstream }),
  };
}

function counts({ kind }: Case, id: number, server: FaultUpstream): readonly number[] {
  return ["a", "b"].map((name) => server.requests(`/c${id}${name}${PATHS[kind]}`).length);
}

/** How long an upstream waits for its bytes to be read where the proxy keeps them from the client (ms). */
const UNSEEN = 200;

async function play(
  { case: one, setting }: Run,
  id: number,
  server: FaultUpstream,
  proxy: RunningProxy,
): Promise<Played> {
  const { kind, upstream, times = 1 } = one;
  let arrived: Latch<void> = createLatch();
  const cue = (): Promise<void> => Promise.race([arrived.promise, pause(UNSEEN)]);
  const good = kind === "stream" ? goodStream : ok(JSON.parse(GOOD[kind]));
  const faulty = typeof upstream === "string" ? good : upstream(cue);
  server.on(`/c${id}a${PATHS[kind]}`, faulty);
  server.on(`/c${id}b${PATHS[kind]}`, setting === "exhausted" ? faulty : good);

  for (let i = 1; i < times; i += 1) {
    await ask(proxy, id, one, () => arrived.open());
    arrived = createLatch();
  }
  const began = now();
  const got = await ask(proxy, id, one, () => arrived.open());
  const seconds = (now() - began) / 1000;
  const { answer, client } = got;
  return {
    client,
    attempts: `${answer?.header("x-llmproxy-attempts") ?? "-"} (${counts(one, id, server).join(", ")})`,
    from: answer?.header("x-llmproxy-upstream")?.replace(`c${id}`, "") ?? "-",
    seconds,
    bytes: wrongBytes(got, one),
  };
}

async function askNext(one: Case, id: number, server: FaultUpstream, proxy: RunningProxy): Promise<string> {
  const before = counts(one, id, server);
  const { client } = await ask(proxy, id, one, () => undefined);
  const more = counts(one, id, server).map((count, i) => count - (before[i] ?? 0));
  return `${client} (${more.join(", ")})`;
}

const goodStream: Behaviour = async (exchange) => {
  await exchange.body();
  exchange.write(wire.SSE + wire.chunk(GOOD.stream) + wire.END);
};

async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
