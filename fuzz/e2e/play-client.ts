/** One fuzzed client: plays its steps, and says what is wrong with the answers that it got. */

import { connect as connectTcp, type Socket } from "node:net";
import { createParser } from "../../test/support/http-wire.ts";
import { statusOf } from "../../test/support/raw-answer.ts";
import { createChanges } from "../../test/support/wait.ts";
import type { ClientCase, Expected, Step } from "./clients.ts";
import type { Stage } from "./stage.ts";

/** How long an event that may not come is waited for (ms). */
const SOON = 150;
/** Longer than all of the program's own timeouts together (ms). */
const PATIENCE = 6_000;

export async function playClient(stage: Stage, one: ClientCase): Promise<string[]> {
  const name = stage.register();
  const changes = createChanges();
  const chunks: Buffer[] = [];
  let received = 0;
  let isOver = false;
  const socket = connectTcp({ host: "127.0.0.1", port: stage.subject.port("plain"), allowHalfOpen: true });
  const over = (): void => {
    isOver = true;
    changes.changed();
  };
  socket.on("data", (data: Buffer) => {
    chunks.push(data);
    received += data.length;
    changes.changed();
  });
  socket.on("end", over);
  socket.on("error", over);
  socket.on("close", over);
  const bytes = (): Buffer => Buffer.concat(chunks);
  const soon = (check: () => boolean): Promise<unknown> =>
    changes.until(() => isOver || check(), SOON, "an event").catch(() => undefined);

  async function step(next: Step): Promise<void> {
    if (next.do === "half-close") socket.end();
    else if (next.do !== "await") await send(socket, next.bytes.replaceAll("@@", name));
    else if (next.what === "bytes") {
      const before = received;
      await soon(() => received > before);
    } else {
      const before = stage.requestsFor(name);
      const poll = setInterval(changes.changed, 2);
      await soon(() => stage.requestsFor(name) > before);
      clearInterval(poll);
    }
  }

  try {
    for (const next of one.steps) await step(next);
    const expected = judgedOf(one);
    const hasOdd = one.steps.some((next) => next.do === "send odd" || next.do === "half-close");
    if (one.ending === "wait") {
      const isAnswered = (): boolean => isOver || readAnswers(bytes(), expected).done;
      if (hasOdd) await soon(isAnswered);
      else {
        const ok = await changes.until(isAnswered, PATIENCE, "answers").then(
          () => true,
          () => false,
        );
        if (!ok) return [`not all requests were answered: got ${tail(bytes())}`];
      }
    }
    const { wrong } = readAnswers(bytes(), expected);
    const isRefusedInside = hasOdd && /"HTTP\/1\.1 (?:400|431|505) /.test(wrong ?? "");
    if (isRefusedInside && stage.subject.lacks.includes("refusal beside an answer")) return [];
    return wrong === undefined ? [] : [`${wrong}; got ${tail(bytes())}`];
  } finally {
    if (one.ending === "reset") socket.resetAndDestroy();
    else socket.destroy();
    stage.forget(name);
  }
}

function tail(bytes: Buffer): string {
  return JSON.stringify(bytes.toString("latin1").slice(0, 1200));
}

function send(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("close", done);
      socket.off("end", done);
      resolve();
    };
    if (socket.destroyed || !socket.writable) return resolve();
    socket.once("close", done);
    // A server that refuses does not read the rest.
    socket.once("end", done);
    socket.write(Buffer.from(text, "latin1"), done);
  });
}

/** The requests whose answers are known: those before the first bytes without a known meaning. */
function judgedOf({ steps }: ClientCase): readonly Expected[] {
  const judged: Expected[] = [];
  for (const next of steps) {
    if (next.do === "send odd") return judged;
    if (next.do !== "send" || next.expected === undefined) continue;
    judged.push(next.expected);
    if (next.expected.outcome === "any") return judged;
  }
  return judged;
}

interface Answers {
  /** Whether every request has its answer, or the connection's use ended with a refusal. */
  readonly done: boolean;
  readonly wrong?: string;
}

/** Reads the answers to these requests, one after the other. */
function readAnswers(bytes: Buffer, expected: readonly Expected[]): Answers {
  let rest = bytes;
  for (const [i, { method, outcome, text }] of expected.entries()) {
    const answer = readOne(rest, method);
    if (answer === undefined) return { done: false };
    if ("wrong" in answer) return { done: false, wrong: `answer ${i + 1}: ${answer.wrong}` };
    const { status, body, size } = answer;
    if (outcome === "any") return { done: true };
    if (status === 500) return { done: true, wrong: `answer ${i + 1} is 500` };
    if (outcome === "cut" && status < 400) return { done: true, wrong: `answer ${i + 1} looks whole` };
    const isEmpty = method === "HEAD" || status === 204;
    if (outcome === "text" && status < 400 && !isEmpty && body.trimEnd() !== text)
      return { done: true, wrong: `answer ${i + 1} is that to another request: expected ${text}` };
    if (status >= 400) return { done: true };
    rest = rest.subarray(size);
  }
  return { done: true };
}

/** One whole answer after any interim ones; undefined where it is not whole. */
function readOne(bytes: Buffer, method: string) {
  let at = 0;
  for (;;) {
    const isBare = (line: string): boolean => method === "HEAD" || /^HTTP\/1\.1 (1\d\d|204|304)/.test(line);
    const parser = createParser({ bodyless: isBare, unframed: "close", keep: true });
    try {
      const rest = parser.push(bytes.subarray(at), 0);
      if (rest === undefined || parser.message === undefined) return undefined;
      const size = bytes.length - rest.length;
      const status = statusOf(parser.message.startLine);
      if (status >= 200 || status === 101)
        return { status, body: parser.message.body.toString("latin1"), size };
      at = size;
    } catch (error) {
      return { wrong: String(error) };
    }
  }
}
