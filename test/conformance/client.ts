/** The client of a case: what it asks, what it gets, and whether the bytes are what they have to be. */

import type { RunningProxy } from "../support/programs.ts";
import type { Answer } from "../support/raw-answer.ts";
import { connect } from "../support/raw-client.ts";
import { requestBytes } from "../support/raw-request.ts";
import type { Case, Kind } from "./case.ts";
import * as wire from "./wire.ts";

export const PATHS: Readonly<Record<Kind, string>> = {
  unary: "/v1/chat/completions",
  stream: "/v1/chat/completions",
  upload: "/v1/files",
  "small upload": "/v1/files",
};

const BODIES: Readonly<Record<Kind, string | Buffer>> = {
  unary: JSON.stringify({ model: "m" }),
  stream: JSON.stringify({ model: "m", stream: true }),
  upload: Buffer.alloc(9 * 1024 * 1024, "upload"),
  "small upload": Buffer.alloc(4096, "upload"),
};

/** The good upstream's answers. */
export const GOOD: Readonly<Record<Kind, string>> = {
  unary: JSON.stringify({ choices: [{ message: { content: "good" } }] }),
  stream: `${wire.ROLE}${wire.choice({ content: "good" })}${wire.REST}`,
  upload: JSON.stringify({ id: "good" }),
  "small upload": JSON.stringify({ id: "good" }),
};

export interface Got {
  /** Absent where the connection ended without one, or none came in time. */
  readonly answer: Answer | undefined;
  /** In the words of {@link Expected.client}. */
  readonly client: string;
}

/** Longer than anything that is expected (ms). */
const PATIENCE = 12_000;

/** Asks once. `arrived` is called when the client has all of `body`, or the head where that is empty. */
export async function ask(
  proxy: RunningProxy,
  id: number,
  { kind, body }: Pick<Case, "kind" | "body">,
  arrived: () => void,
): Promise<Got> {
  const connection = await connect(proxy.port("main"));
  try {
    const pending = connection.next();
    // An early answer may close the connection under a long body: the answer counts.
    connection.send(requestBytes(`/c${id}${PATHS[kind]}`, { body: BODIES[kind] })).catch(() => undefined);
    (body === "" ? pending.head(PATIENCE) : pending.until(body, PATIENCE)).then(arrived, () => undefined);
    const answer = await pending.end(PATIENCE);
    return { answer, client: shown(answer) };
  } catch (error) {
    return { answer: undefined, client: connection.closed === undefined ? String(error) : "none" };
  } finally {
    connection.close();
  }
}

/** FIN on Node and Deno and RST on Bun both show that an answer is not whole. */
const ENDS = { complete: "whole", cut: "cut", reset: "cut", open: "open" } as const;

function shown(answer: Answer): string {
  const code = answer.header("x-llmproxy-error");
  const retryAfter = answer.header("retry-after") === undefined ? undefined : "(Retry-After)";
  return [answer.status, code, retryAfter, ENDS[answer.end]].filter((part) => part !== undefined).join(" ");
}

/** What is wrong with an answer's bytes, if anything: they are one upstream's or the proxy's own, and nothing else. */
export function wrongBytes({ answer }: Got, { kind, body, endless }: Case): string | undefined {
  if (answer === undefined) return undefined;
  const text = answer.text();
  const code = answer.header("x-llmproxy-error");
  if (code !== undefined) return isOwn(text, code) ? undefined : `not an error of the proxy's own: ${text}`;
  if (text === GOOD[kind] || (endless ? text.startsWith(body) : text === body)) return undefined;
  return `no upstream's: ${JSON.stringify(text.slice(0, 200))}`;
}

function isOwn(text: string, code: string): boolean {
  const { error } = JSON.parse(text) as { error?: { code?: unknown } };
  return error?.code === code;
}
