/** Plays one case against one subject and tells what happened. */

import { connect, type RawConnection } from "../support/raw-client.ts";
import { request } from "../support/raw-request.ts";
import type { Case } from "./case.ts";
import { summaryOf } from "./judge.ts";
import type { Recorder } from "./recorder.ts";

export interface Outcome {
  /** The answers' statuses; one of an upstream's is 200. */
  readonly statuses: readonly number[];
  /**
   * `closed`: by the proxy. `kept`: a further request on the connection got its own answer. `open`: neither within the
   * case's patience. `out of step`: the further request got another one's answer.
   */
  readonly end: "closed" | "kept" | "open" | "out of step";
  /** What was sent upstream, a line a request. */
  readonly upstream: readonly string[];
  /** What is wrong with it, whatever the case. */
  readonly faults: readonly string[];
}

const PATIENCE = 8_000;
const FURTHER = "/further";
const VICTIM = "/victim";

/** @param port where the subject listens for this case */
export async function play(one: Case, port: number, recorder: Recorder): Promise<Outcome> {
  recorder.forget();
  const connection = await connect(port);
  let seen: Conversation;
  try {
    seen = await converse(one, connection);
  } finally {
    connection.close();
  }
  // Another client's request on the same pool: it must not get what the first one left behind.
  const victim = await ask(port, VICTIM);
  const faults = [...recorder.faults];
  if (victim !== `200 ${VICTIM}`) faults.push(`the next client got ${victim}`);
  for (const rest of recorder.unfinished) {
    if (!rest.includes("\r\n\r\n"))
      faults.push(`bytes that are no request: ${JSON.stringify(rest.slice(0, 80))}`);
  }
  // Requests that a client pipelines may be sent on at once: they are named in their order.
  const requests = recorder.requests
    .filter(({ target }) => target !== FURTHER && target !== VICTIM)
    .toSorted((a, b) => (a.target < b.target ? -1 : 1));
  const targets = requests.map(({ target }) => target);
  for (const [i, text] of seen.texts.entries()) {
    if (text !== targets[i]) faults.push(`answer ${i + 1} is that to ${text}, not to ${targets[i]}`);
  }
  const { statuses, end } = seen;
  return { statuses, end, upstream: requests.map((judged) => summaryOf(judged, one.field)), faults };
}

interface Conversation extends Pick<Outcome, "statuses" | "end"> {
  /** Bodies of the upstream's answers: the targets that it was asked for. */
  readonly texts: readonly string[];
}

async function ask(port: number, path: string): Promise<string> {
  try {
    const { status, text } = await request(port, path, { deadline: PATIENCE });
    return `${status} ${text()}`;
  } catch (error) {
    return String(error);
  }
}

async function converse(
  { send, answers = 1, patience = PATIENCE }: Case,
  connection: RawConnection,
): Promise<Conversation> {
  const statuses: number[] = [];
  const texts: string[] = [];
  const first = connection.next();
  // A proxy that refuses may close before all of it is sent.
  const sending = typeof send === "string" ? connection.send(Buffer.from(send, "latin1")) : send(connection);
  sending.catch(() => undefined);
  let pending = first;
  for (let i = 0; i < answers; i += 1) {
    if (i > 0) pending = connection.next();
    const answer = await pending.end(patience).catch(() => undefined);
    if (answer === undefined)
      return { statuses, texts, end: connection.closed === undefined ? "open" : "closed" };
    statuses.push(answer.status);
    if (answer.status === 200) texts.push(answer.text());
    if (answer.status >= 400) break;
  }
  const end = await endOf(connection, statuses, patience);
  return { statuses, texts, end };
}

/** Whether the connection is of use still: a further request on it has to get its own answer, or none. */
async function endOf(
  connection: RawConnection,
  statuses: number[],
  patience: number,
): Promise<Outcome["end"]> {
  const further = connection.next();
  connection.send(`GET ${FURTHER} HTTP/1.1\r\nhost: a\r\n\r\n`).catch(() => undefined);
  const answer = await further.end(patience).catch(() => undefined);
  if (answer === undefined || answer.end !== "complete") return connection.closed ? "closed" : "open";
  if (answer.status === 200 && answer.text() === FURTHER) return "kept";
  if (answer.status < 400) return "out of step";
  statuses.push(answer.status);
  return connection.untilClosed(patience).then(
    () => "closed",
    () => "out of step",
  );
}
