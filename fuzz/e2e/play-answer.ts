/** One fuzzed answer: how it came to a well-behaved client, and what is wrong with that. */

import type { Answer } from "../../test/support/raw-answer.ts";
import { connect, type RawConnection } from "../../test/support/raw-client.ts";
import { requestBytes } from "../../test/support/raw-request.ts";
import type { AnswerCase } from "./answers.ts";
import type { Lack } from "./lacks.ts";
import { endingOf, type Reading, readAnswer } from "./reading.ts";
import { GOOD, type Stage } from "./stage.ts";

/** Longer than all of the program's own timeouts together (ms). */
const PATIENCE = 6_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

export async function playAnswer(stage: Stage, one: AnswerCase): Promise<string[]> {
  const name = stage.register(one);
  const connection = await connect(stage.subject.port(one.forward));
  try {
    const head = one.method === "HEAD";
    const pending = connection.next({ head });
    await connection.send(requestOf(one, name)).catch(() => undefined);
    const answer = await pending.end(PATIENCE);
    const wrong = [...framingFaults(answer), ...meaningFaults(answer, one, stage.subject.lacks)];
    if (wrong.length > 0) return wrong.map((text) => `${text}; got ${inWords(answer)}`);
    return await furtherFaults(connection, answer);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return isNoStatus(what, readingOf(one), stage.subject.lacks) ? [] : [what];
  } finally {
    connection.close();
    stage.forget(name);
  }
}

function requestOf({ method, body }: AnswerCase, name: string): Buffer {
  const json = body === "" ? [] : ([["content-type", "application/json"]] as const);
  return requestBytes(`/v1/chat/completions?case=${name}`, {
    method,
    headers: json,
    ...(body !== "" && { body }),
  });
}

function readingOf({ parts, method, ending }: AnswerCase): Reading {
  const text = parts.join("");
  return readAnswer(text, method, endingOf(text, method, ending));
}

/** What no answer may be, whatever the upstream sent. */
function framingFaults(answer: Answer): string[] {
  const faults: string[] = [];
  if (answer.end === "open") faults.push("the answer does not end");
  if (CONTROL.test(answer.rawHead)) faults.push("a control character in the head");
  if (answer.status < 200 || answer.status > 599) faults.push(`status ${answer.status}`);
  if (answer.status === 500 && ownError(answer) === "internal_error")
    faults.push("a defect of the program's own");
  return faults;
}

/** The code of an answer of the program's own. */
function ownError(answer: Answer): string | undefined {
  const [code, ...others] = answer.all("x-llmproxy-error");
  return others.length === 0 ? code : undefined;
}

/** Whether what came is what the upstream's bytes mean. */
function meaningFaults(answer: Answer, one: AnswerCase, lacks: readonly Lack[]): string[] {
  const reading = readingOf(one);
  const head = one.method === "HEAD";
  const body = answer.body.toString("latin1");
  const isOwn = ownError(answer) !== undefined && answer.status >= 500;
  const isGood =
    one.forward === "held" && answer.status === 200 && (head || body === GOOD) && answer.end === "complete";
  if (isGood) return [];
  if (reading.kind === "open") return [];
  if (reading.kind === "cut" && isBeyond(reading, lacks)) return [];
  if (reading.kind === "cut") return answer.end === "complete" && !isOwn ? ["a cut answer looks whole"] : [];
  const isSame = answer.end === "complete" && answer.status === reading.status && body === reading.body;
  if (isSame) return [];
  if (!reading.strict && lacks.includes("odd answers"))
    return answer.end === "complete" && !isOwn ? [`not what was sent: ${sent(reading)}`] : [];
  return [`a whole answer was not passed on: ${sent(reading)}`];
}

/** Whether the answer broke, or may have broken, before the runtime sent its head. */
function isNoStatus(what: string, reading: Reading, lacks: readonly Lack[]): boolean {
  if (!lacks.includes("head before body") || !what.startsWith("no answer: the connection ended"))
    return false;
  return reading.kind !== "whole" || !reading.strict;
}

/** Whether the runtime can't see this cut. */
function isBeyond(cut: Extract<Reading, { kind: "cut" }>, lacks: readonly Lack[]): boolean {
  if (cut.in === "close") return lacks.includes("reset after a body without length");
  return cut.in === "last chunk" && lacks.includes("end of the last chunk");
}

function sent(reading: Extract<Reading, { kind: "whole" }>): string {
  return `${reading.status} with ${reading.body.length} bytes`;
}

function inWords(answer: Answer): string {
  return `${answer.end} ${JSON.stringify(answer.rawHead.slice(0, 600))} and ${answer.bodySize} bytes ${JSON.stringify(answer.body.toString("latin1", 0, 200))}`;
}

/** The next answer on the connection begins where this one ended. */
async function furtherFaults(connection: RawConnection, answer: Answer): Promise<string[]> {
  const closes = answer.all("connection").some((value) => value.toLowerCase().includes("close"));
  if (answer.end !== "complete" || answer.framing === "close" || closes || connection.closed !== undefined)
    return [];
  const further = connection.next();
  await connection.send("GET /further HTTP/1.1\r\nhost: a\r\n\r\n").catch(() => undefined);
  try {
    const next = await further.end(PATIENCE);
    const text = next.body.toString("latin1");
    const isRight = next.status === 200 && (text === "/further" || text === GOOD);
    return isRight || next.end === "cut" || next.end === "reset"
      ? []
      : [`the answer after it is ${inWords(next)}`];
  } catch (error) {
    if (connection.closed !== undefined && String(error).includes("no answer")) return [];
    return [`after the answer ${inWords(answer)}: ${String(error)}`];
  }
}
