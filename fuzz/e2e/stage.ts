/** A subject between two upstreams, and whether it is well: what the cases of a run share. */

import { connect, type RawConnection } from "../../test/support/raw-client.ts";
import { request } from "../../test/support/raw-request.ts";
import { createScope, eventually } from "../../test/support/wait.ts";
import { type AnswerCase, FORWARDS } from "./answers.ts";
import { answerClient } from "./client-upstream.ts";
import { endingOf } from "./reading.ts";
import type { Subject, UpstreamPorts } from "./subject.ts";
import { chunk, plain, type Request, startUpstream, write } from "./upstream.ts";

export interface Stage {
  readonly subject: Subject;
  /** Sets the answer to requests with `case=NAME`; returns the name. */
  register(one?: AnswerCase): string;
  forget(name: string): void;
  /** Requests that came for a name. */
  requestsFor(name: string): number;
  /** Opens a stream of somebody else's, that goes on until {@link Innocent.finish}. */
  innocent(): Promise<Innocent>;
  /** What is wrong with the subject now; nothing when all is well. */
  illness(): Promise<string[]>;
  close(): Promise<void>;
}

export interface Innocent {
  /** Sends one more event. */
  tick(): void;
  /** Ends the stream and says what is wrong with it. */
  finish(): Promise<string[]>;
}

const SETTLED = 6_000;
/** A program that ends takes so long until that is seen (ms). */
const DYING = 500;
/** Descriptors that pools and the like may keep. */
const KEPT = 80;

export async function setStage(start: (ports: UpstreamPorts) => Promise<Subject>): Promise<Stage> {
  const scope = createScope();
  const cases = new Map<string, { readonly one: AnswerCase | undefined; requests: number }>();
  const streams = new Map<string, Request>();
  let names = 0;

  async function answerFuzzed(exchange: Request): Promise<void> {
    const entry = cases.get(exchange.query.get("case") ?? "");
    if (entry !== undefined) entry.requests += 1;
    if (entry?.one !== undefined) return playAnswer(entry.one, exchange);
    if (exchange.path.startsWith("/c/")) return answerClient(exchange);
    await exchange.body();
    await write(exchange.socket, plain(exchange.path));
  }

  async function answerWell(exchange: Request): Promise<void> {
    await exchange.body();
    if (exchange.path !== "/good/stream") {
      const answer = plain(GOOD);
      const end = answer.indexOf("\r\n\r\n") + 4;
      return write(exchange.socket, exchange.method === "HEAD" ? answer.slice(0, end) : answer);
    }
    streams.set(exchange.query.get("n") ?? "", exchange);
    await write(exchange.socket, STREAM_HEAD + chunk(eventOf(0)));
  }

  const fuzzed = await startUpstream(answerFuzzed);
  scope.defer(() => fuzzed.close());
  const good = await startUpstream(answerWell);
  scope.defer(() => good.close());
  const subject = await start({ fuzzed: fuzzed.port, good: good.port });
  scope.defer(() => subject.stop());
  const first = subject.descriptors();

  /** Other clients' requests, on the same pools. */
  async function failedNext(): Promise<string[]> {
    const one = async (port: number, path: string, text: string): Promise<string[]> => {
      const got = await request(port, path, { deadline: SETTLED }).then(
        (answer) => `${answer.status} ${answer.end} ${answer.text()}`,
        String,
      );
      return got === `200 complete ${text}` ? [] : [`the next request got ${got.slice(0, 300)}`];
    };
    const found = [await one(subject.port("plain"), "/good/next", GOOD)];
    for (const forward of FORWARDS) found.push(await one(subject.port(forward), "/next", "/next"));
    return found.flat();
  }

  async function failedMetrics(): Promise<string[]> {
    const found: string[] = [];
    let text = "";
    const isIdle = async (): Promise<boolean> => {
      text = (await subject.metrics()) ?? "";
      return !IN_FLIGHT.test(text);
    };
    await eventually(isIdle, SETTLED, "nothing is in flight").catch((error: unknown) => {
      found.push(`${String(error)}: ${text.match(IN_FLIGHT)?.[0]}`);
    });
    const internal = INTERNAL.exec(text);
    if (internal !== null) found.push(`a defect was counted: ${internal[0]}; log: ${subject.logTail()}`);
    return found;
  }

  return {
    subject,
    register(one) {
      names += 1;
      cases.set(`k${names}`, { one, requests: 0 });
      return `k${names}`;
    },
    forget: (name) => void cases.delete(name),
    requestsFor: (name) => cases.get(name)?.requests ?? 0,
    async innocent() {
      names += 1;
      const name = `${names}`;
      const client = await connect(subject.port("plain"));
      await client.send(`GET /good/stream?n=${name} HTTP/1.1\r\nhost: a\r\n\r\n`);
      return innocentOf(client, () => streams.get(name));
    },
    async illness() {
      const next = await failedNext();
      if (next.length > 0) await eventually(() => subject.ended(), DYING, "its end").catch(() => undefined);
      const end = subject.ended();
      if (end !== undefined) return [`${end}: ${subject.stderr.slice(0, 3000)}`];
      const after = [...next, ...(await failedMetrics()), ...fuzzed.faults(), ...good.faults()];
      const said = subject.stderr === "" ? [] : [`standard error: ${subject.stderr.slice(0, 1500)}`];
      const found = [...said, ...after];
      const open = subject.descriptors();
      if (open !== undefined && first !== undefined && open > first + KEPT)
        found.push(`${open} descriptors are open, ${first} were at the start`);
      return found;
    },
    close: () => scope.close(),
  };
}

/** The body of the good upstream's answers. */
export const GOOD = "good";
const STREAM_HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const IN_FLIGHT = /^llmproxy_in_flight\w*(?:\{[^}]*\})? [1-9-].*$/m;
const INTERNAL = /^llmproxy_(?:internal_errors_total|\w+\{[^}]*error="internal_error"[^}]*\}).* [1-9].*$/m;

function eventOf(i: number): string {
  return `data: {"choices":[{"index":0,"delta":{"content":"${i} ${"innocent ".repeat(i % 7)}"}}]}\n\n`;
}

async function innocentOf(client: RawConnection, exchange: () => Request | undefined): Promise<Innocent> {
  const pending = client.next();
  let sent = 1;
  let broken: string | undefined;
  await pending.until(eventOf(0), SETTLED).catch((error: unknown) => {
    broken = String(error);
  });
  return {
    tick() {
      const socket = exchange()?.socket;
      if (socket === undefined || socket.destroyed) return;
      socket.write(chunk(eventOf(sent)));
      sent += 1;
    },
    async finish() {
      exchange()?.socket.write("0\r\n\r\n");
      const expected = Array.from({ length: sent }, (_, i) => eventOf(i)).join("");
      const got = await pending.end(SETTLED).catch((error: unknown) => {
        broken ??= String(error);
        return undefined;
      });
      client.close();
      if (broken !== undefined) return [`an innocent stream: ${broken}`];
      if (got?.end === "complete" && got.text() === expected) return [];
      return [`an innocent stream: ${got?.end} with ${got?.bodySize} of ${expected.length} bytes`];
    },
  };
}

/** Sends an answer's bytes in its pieces, after the whole request. */
async function playAnswer({ parts, splits, ending }: AnswerCase, exchange: Request): Promise<void> {
  const { socket, method } = exchange;
  await exchange.body();
  const text = parts.join("");
  let at = 0;
  for (const split of [...splits, text.length]) {
    if (split > at) await write(socket, text.slice(at, split));
    at = Math.max(at, split);
    await new Promise(setImmediate);
  }
  const how = endingOf(text, method, ending);
  if (how === "fin") socket.end();
  if (how === "reset") socket.resetAndDestroy();
}
