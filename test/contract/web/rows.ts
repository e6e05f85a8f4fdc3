/** The contract: what the core relies on in the web objects that an adapter hands it. */

import { bodies } from "./bodies.ts";
import { bodyClosed } from "./body-closed.ts";
import { bodyConsumers } from "./body-consumers.ts";
import { headers } from "./headers.ts";
import type { Maker, Rows } from "./maker.ts";
import { messageBodies } from "./message-bodies.ts";
import { messages } from "./messages.ts";
import { signals } from "./signal.ts";
import { unread } from "./unread.ts";
import { watching } from "./watch-body.ts";

/** A maker whose bodies are watched ones. */
function watchedBodies(maker: Maker): Maker {
  const watch: Maker["bodyFrom"] = (chunks) => stream(maker.bodyFrom(chunks));
  const stream = (body: ReturnType<Maker["bodyFrom"]>) =>
    maker.watchBody(body, { waiting() {}, chunk() {}, end() {} }).stream();
  return {
    ...maker,
    bodyFrom: watch,
    bodyByHand() {
      const hand = maker.bodyByHand();
      return { ...hand, body: stream(hand.body) };
    },
  };
}

const streamRows = Object.entries({ ...bodies, ...bodyClosed, ...bodyConsumers });

export const ROWS: Rows = {
  ...headers,
  ...signals,
  ...messages,
  ...messageBodies,
  ...Object.fromEntries(streamRows.map(([what, run]) => [`a body ${what}`, run])),
  ...Object.fromEntries(
    streamRows.map(([what, run]) => [`a watched body ${what}`, (maker: Maker) => run(watchedBodies(maker))]),
  ),
  ...watching,
  ...unread,
};

/** Longest time that a row may take (ms): one that waits for what never comes has failed. */
const PATIENCE = 1_000;

/** Runs one row. Never rejects. */
export async function runRow(name: string, maker: Maker): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, "it waits for what never comes");
  });
  try {
    return await Promise.race([Promise.resolve(ROWS[name]?.(maker)).then(() => undefined), late]);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    clearTimeout(timer);
  }
}
