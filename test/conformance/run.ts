/** Runs the cases against one program: one process, and for each case and setting upstreams of its own. */

import { ok } from "../support/behaviours.ts";
import type { Kit } from "../support/contract.ts";
import { type FaultUpstream, startUpstream } from "../support/fault-upstream.ts";
import { startFullBacklog } from "../support/full-backlog.ts";
import type { RunningProxy } from "../support/programs.ts";
import type { Answer } from "../support/raw-answer.ts";
import { connect } from "../support/raw-client.ts";
import { requestBytes } from "../support/raw-request.ts";
import { now } from "../support/wait.ts";
import type { Address, Case, Expected, Kind, Setting } from "./case.ts";
import { samplesOf } from "./samples.ts";
import * as wire from "./wire.ts";

/** One case in one setting. */
export interface Run {
  readonly case: Case;
  readonly setting: Setting;
}

/** What was seen; compared with what is expected. */
export interface Seen extends Expected {
  readonly next?: string;
  /** Requests that an upstream is still said to serve. */
  readonly inFlight: number;
  /** What is wrong with the bytes, if anything. */
  readonly bytes: string | undefined;
}

const UPLOAD = Buffer.alloc(9 * 1024 * 1024, "upload");
const AT_ONCE = 16;

const PATHS: Readonly<Record<Kind, string>> = {
  unary: "/v1/chat/completions",
  stream: "/v1/chat/completions",
  upload: "/v1/files",
};

const GOOD: Readonly<Record<Kind, string>> = {
  unary: JSON.stringify({ choices: [{ message: { content: "good" } }] }),
  stream: `${wire.ROLE}${wire.choice({ content: "good" })}${wire.REST}`,
  upload: JSON.stringify({ ok: true }),
};

/** Runs them all, and resolves with what was seen of each, in the same order. */
export async function runAll(kit: Kit, runs: readonly Run[]): Promise<readonly Seen[]> {
  const server = await kit.upstream();
  const addresses = await startAddresses(kit, server);
  const proxy = await kit.start(configOf(runs, server, addresses));
  const answers = await inParallel(runs, (run, id) => play(run, id, server, proxy));
  const samples = await samplesOf(proxy);
  return answers.map(({ error: _, breaker: __, ...seen }, id) => {
    const upstream = `c${id}a`;
    const errors = samples.labels("llmproxy_upstream_errors_total", { upstream }, "error");
    const calls = samples.labels("llmproxy_circuitbreaker_calls_total", { upstream }, "result");
    return {
      ...seen,
      error: errors.join(" ") || "-",
      breaker: calls.filter((result) => result !== "rejected").join(" ") || "-",
      inFlight: samples.sum("llmproxy_in_flight_requests", { upstream }),
    };
  });
}

type Addresses = Readonly<Record<Address, string>>;

async function startAddresses({ scope }: Kit, server: FaultUpstream): Promise<Addresses> {
  const closed = await startUpstream();
  await closed.close();
  const full = await startFullBacklog();
  scope.defer(() => full.close());
  await full.block();
  return {
    refused: closed.url,
    "no answer to connect": `http://127.0.0.1:${full.port}`,
    "plain text instead of TLS": `https://127.0.0.1:${server.port}`,
    "no such name": "http://name.invalid",
  };
}

function configOf(runs: readonly Run[], server: FaultUpstream, addresses: Addresses): string {
  const upstreams = runs.flatMap(({ case: { upstream } }, id) => {
    const url = typeof upstream === "string" ? addresses[upstream] : `${server.url}/c${id}a`;
    return [
      `{name: c${id}a, url: "${url}", breaker: {}}`,
      `{name: c${id}b, url: "${server.url}/c${id}b", breaker: {}}`,
    ];
  });
  const groups = runs.map(({ setting }, id) => {
    const members = setting === "alone" ? `{name: c${id}a}` : `{name: c${id}a}, {name: c${id}b}`;
    const strategy = setting === "failover" ? "failover" : "roundrobin";
    const retry = setting === "retry" ? ", retry: {attempts: 2, initial: 100}" : "";
    const timeout = "timeout: {connect: 1, request: 1, stall: 1, first_token: 2}";
    return `{name: c${id}, upstreams: [${members}], balance: {strategy: ${strategy}}, http_client: {${timeout}${retry}}}`;
  });
  const routes = runs.map((_, id) => `{path: "/c${id}/*", target_group: c${id}, strip_prefix: /c${id}}`);
  const list = (items: readonly string[]): string => items.map((item) => `  - ${item}`).join("\n");
  return `
http_server:
  forwards:
    - name: main
      port: 0
      address: 127.0.0.1
      upstream_group: c0
      routing:
${list(routes).replaceAll("  - ", "        - ")}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
${list(upstreams)}
upstream_groups:
${list(groups)}
`;
}

async function play(run: Run, id: number, server: FaultUpstream, proxy: RunningProxy): Promise<Seen> {
  const { kind, upstream, next } = run.case;
  const paths = [`/c${id}a${PATHS[kind]}`, `/c${id}b${PATHS[kind]}`] as const;
  if (typeof upstream !== "string") server.on(paths[0], upstream);
  server.on(paths[1], kind === "stream" ? goodStream : ok(JSON.parse(GOOD[kind])));
  const counts = (): readonly number[] => paths.map((path) => server.requests(path).length);

  const began = now();
  const answer = await ask(proxy, id, kind);
  const seconds = Math.max(0, (now() - began) / 1000);
  const first = counts();
  const seen: Seen = {
    client: clientOf(answer),
    attempts: `${attemptsOf(answer)} (${first.join(", ")})`,
    error: "-",
    breaker: "-",
    seconds,
    inFlight: 0,
    bytes: wrongBytes(answer, kind, first[1] ?? 0),
  };
  if (next === undefined) return seen;
  const again = await ask(proxy, id, kind);
  const more = counts().map((count, i) => count - (first[i] ?? 0));
  return { ...seen, next: `${clientOf(again)} (${more.join(", ")})` };
}

async function goodStream(exchange: Parameters<ReturnType<typeof ok>>[0]): Promise<void> {
  await exchange.body();
  exchange.write(wire.SSE + wire.chunk(GOOD.stream) + wire.END);
}

/** Undefined where the connection ended without an answer. */
async function ask(proxy: RunningProxy, id: number, kind: Kind): Promise<Answer | undefined> {
  const connection = await connect(proxy.port("main"));
  try {
    const answer = connection.next();
    const body = kind === "upload" ? UPLOAD : JSON.stringify({ model: "m", stream: kind === "stream" });
    connection.send(requestBytes(`/c${id}${PATHS[kind]}`, { body })).catch(() => undefined);
    return await answer.end(15_000).catch((error: unknown) => {
      if (connection.closed === undefined) throw error;
      return undefined;
    });
  } finally {
    connection.close();
  }
}

function clientOf(answer: Answer | undefined): string {
  if (answer === undefined) return "none";
  const code = answer.header("x-llmproxy-error");
  // FIN on Node and Deno, RST on Bun: both show that it is not whole.
  const end = answer.end === "complete" ? "whole" : answer.end === "open" ? "open" : "cut";
  return [answer.status, code, end].filter((part) => part !== undefined).join(" ");
}

function attemptsOf(answer: Answer | undefined): string {
  return answer?.header("x-llmproxy-attempts") ?? "-";
}

/** An answer is one upstream's: whole, or its beginning. */
function wrongBytes(answer: Answer | undefined, kind: Kind, good: number): string | undefined {
  if (answer === undefined || good === 0) return undefined;
  return answer.text() === GOOD[kind] ? undefined : `not the good upstream's: ${answer.text().slice(0, 200)}`;
}

async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  async function worker(): Promise<void> {
    for (let i = next++; i < items.length; i = next++) {
      const item = items[i];
      if (item !== undefined) results[i] = await work(item, i);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
