/** The soak of one program: load with every fault at once, then silence, and what is left. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { samplesOf } from "../conformance/samples.ts";
import { commandOf, type ProgramName } from "../support/program-command.ts";
import { type LogLine, type RunningProxy, startProgram } from "../support/programs.ts";
import { pause } from "../support/wait.ts";
import { ask, NO_ANSWER, type Outcome } from "./client.ts";
import { cpuOf, quantile, residentOf, socketsOf } from "./measure.ts";

export interface Load {
  readonly seconds: number;
  /** Streams at once. */
  readonly streams: number;
  /** Unary requests a second. */
  readonly rate: number;
}

export interface Result {
  readonly program: ProgramName;
  readonly outcomes: ReadonlyMap<string, number>;
  /** Requests a second that were made, streams included. */
  readonly reached: number;
  /** Requests that the generator left out because too many were waiting. */
  readonly shed: number;
  readonly unaryMs: readonly [p50: number, p99: number];
  readonly streamMs: readonly [p50: number, p99: number];
  /** Resident bytes, second by second, to the end of the silence. */
  readonly resident: readonly number[];
  readonly before: Rest;
  readonly after: Rest;
  /** What must not be. */
  readonly wrong: readonly string[];
}

/** A program at rest. */
export interface Rest {
  readonly resident: number;
  readonly sockets: number;
}

/** One client in so many leaves before its answer is whole. */
const LEAVING = 10;

/** More unary requests than this at once are not begun. */
const MOST_WAITING = 600;

/** Between two streams of one client, where the first ended at once (ms). */
const PAUSE = 200;

/** Longer than pooled connections are kept (ms). */
const SILENCE = 9_000;

const CLIENT = `timeout: {connect: 1, request: 2, first_token: 1, stall: 1, total: 8, idle: 5}, retry: {attempts: 2, initial: 100}`;

function configOf(ports: readonly number[]): string {
  const upstreams = ports.map(
    (port, i) =>
      `  - {name: ${"abc"[i]}, url: "http://127.0.0.1:${port}", breaker: {cooldown: 2}, health_check: {path: /health, interval: 1}}`,
  );
  const groups = ["weighted_roundrobin", "least_requests", "response_aware", "failover"].map(
    (strategy) =>
      `  - {name: ${strategy}, upstreams: [{name: a}, {name: b, weight: 2}, {name: c}], balance: {strategy: ${strategy}}, http_client: {${CLIENT}}}`,
  );
  const forward = (strategy: string): string =>
    `    - {name: ${strategy}, port: 0, address: 127.0.0.1, upstream_group: ${strategy}, timeout: {idle: 5}}`;
  return `
http_server:
  forwards:
${GROUPS.map(forward).join("\n")}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
${upstreams.join("\n")}
upstream_groups:
${groups.join("\n")}
`;
}

const GROUPS = ["weighted_roundrobin", "least_requests", "response_aware", "failover"] as const;

export async function soak(program: ProgramName, load: Load): Promise<Result> {
  const upstreams = await startUpstreams();
  const proxy = await startProgram(program, configOf(upstreams.ports));
  const resident: number[] = [];
  const sampling = setInterval(() => resident.push(residentOf(proxy.pid)), 1_000);
  try {
    await generate(proxy, "warm-up", { seconds: 5, streams: 20, rate: 100 });
    await pause(SILENCE);
    const before = { resident: residentOf(proxy.pid), sockets: socketsOf(proxy.pid) };
    const linesBefore = accessLines(proxy);
    const generated = await generate(proxy, "load", load);
    upstreams.calm();
    await pause(SILENCE);
    const cpuBefore = cpuOf(proxy.pid);
    await pause(3_000);
    const idleCpu = (cpuOf(proxy.pid) - cpuBefore) / 3;
    const after = { resident: residentOf(proxy.pid), sockets: socketsOf(proxy.pid) };
    const samples = await samplesOf(proxy);
    const made = generated.made;
    const wrong = [
      ...generated.wrong,
      ...generated.unanswered
        .filter((id) => !wasCut(proxy, id))
        .map((id) => `${id} got no answer: ${JSON.stringify(lineOf(proxy, id))}`),
      ...problems([
        [samples.sum("llmproxy_in_flight_requests", {}) !== 0, "requests are still counted in flight"],
        [
          accessLines(proxy) - linesBefore !== made,
          `${accessLines(proxy) - linesBefore} log lines for ${made} requests`,
        ],
        [after.sockets > before.sockets + 4, `${after.sockets} sockets are open, ${before.sockets} were`],
        [idleCpu > 0.05, `at rest it uses ${(idleCpu * 100).toFixed(1)} % of a core`],
        [
          settled(resident) > 1.3,
          `its memory grew ${settled(resident).toFixed(2)} times between the halves of the load`,
        ],
      ]),
      ...proxy.log.filter(({ level }) => level === "error").map((line) => `logged: ${JSON.stringify(line)}`),
      ...proxy.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("warning: ")),
    ];
    proxy.signal("SIGTERM");
    const code = await proxy.exited(10_000);
    if (code !== 0) wrong.push(`it exited with ${code}`);
    return { program, ...generated, resident, before, after, wrong };
  } finally {
    clearInterval(sampling);
    await proxy.stop(1_000);
    upstreams.close();
  }
}

function problems(checks: readonly (readonly [isWrong: boolean, what: string])[]): readonly string[] {
  return checks.filter(([isWrong]) => isWrong).map(([, what]) => what);
}

/** The second half's mean memory, as a multiple of the first half's: collectors give little back, but it must not grow. */
function settled(resident: readonly number[]): number {
  const loaded = resident.slice(14, -12);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const half = Math.floor(loaded.length / 2);
  return half < 10 ? 1 : mean(loaded.slice(half)) / mean(loaded.slice(Math.floor(half / 2), half));
}

/**
 * Whether an answer was begun and then cut. Its head may be lost with that: Bun's server sends it with the first byte of
 * the body, and Bun's fetch, the client here, may lose what comes together with a connection's end.
 */
function wasCut(proxy: RunningProxy, id: string): boolean {
  const line = lineOf(proxy, id);
  return line?.["status"] === 200 && CUTS.has(line["error"]);
}

function lineOf(proxy: RunningProxy, id: string): LogLine | undefined {
  return proxy.log.find((line) => line["id"] === id);
}

const CUTS: ReadonlySet<unknown> = new Set(["cut", "stall", "first_token_timeout"]);

function accessLines(proxy: RunningProxy): number {
  return proxy.log.filter(({ msg }) => msg === "request").length;
}

async function startUpstreams() {
  const { command } = commandOf("bun");
  const child = spawn(command, [new URL("./upstream.ts", import.meta.url).pathname], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = await new Promise<readonly string[]>((resolve) =>
    createInterface({ input: child.stdout }).once("line", (text) => resolve([text])),
  );
  return {
    ports: JSON.parse(line ?? "[]") as readonly number[],
    calm: () => child.stdin.write("calm\n"),
    close: () => child.kill(),
  };
}

async function generate(proxy: RunningProxy, label: string, { seconds, streams, rate }: Load) {
  const outcomes = new Map<string, number>();
  const wrong: string[] = [];
  const unanswered: string[] = [];
  const unary: number[] = [];
  const streamed: number[] = [];
  const running = new Set<Promise<void>>();
  const until = performance.now() + seconds * 1000;
  let made = 0;
  let shed = 0;

  function note({ what, ms, wrong: fault }: Outcome, times: number[]): void {
    outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
    if (ms !== undefined) times.push(ms);
    if (fault !== undefined && wrong.length < 20) wrong.push(fault);
  }

  async function one(stream: boolean): Promise<void> {
    made += 1;
    const group = GROUPS[made % GROUPS.length] ?? "failover";
    const leaves = Math.random() * LEAVING < 1 ? 50 + Math.random() * 900 : undefined;
    const id = `${label}-${made}`;
    const asking = { port: proxy.port(group), id, stream, leaves };
    const outcome = await ask(asking);
    note(outcome, stream ? streamed : unary);
    if (outcome.what === NO_ANSWER) unanswered.push(id);
  }

  async function keepStreaming(): Promise<void> {
    while (performance.now() < until) {
      const began = performance.now();
      await one(true);
      // Refused at once: a client comes again after a while.
      if (performance.now() - began < PAUSE) await pause(PAUSE);
    }
  }

  const workers = Array.from({ length: streams }, keepStreaming);
  const began = performance.now();
  for (let due = 0; performance.now() < until; await pause(10)) {
    // Open loop: what is due is sent, however long the others take.
    for (const now = ((performance.now() - began) / 1000) * rate; due < now; due += 1) {
      if (running.size >= MOST_WAITING) {
        shed += 1;
        continue;
      }
      const request: Promise<void> = one(false).finally(() => running.delete(request));
      running.add(request);
    }
  }
  await Promise.all([...workers, ...running]);
  const quantiles = (times: readonly number[]) => [quantile(times, 0.5), quantile(times, 0.99)] as const;
  return {
    outcomes,
    wrong,
    unanswered,
    made,
    shed,
    reached: made / seconds,
    unaryMs: quantiles(unary),
    streamMs: quantiles(streamed),
  };
}
