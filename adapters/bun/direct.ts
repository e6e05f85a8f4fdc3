import type { Bytes } from "../../src/runtime/runtime.ts";
import type { OutletReads } from "../shared/web/outlet.ts";
import { flushed } from "./flushed.ts";

/** An answer's body that is written and not read. */
export interface Direct {
  readonly source: DirectSource;
  /** The body is over: its client is to see that it broke. */
  fail(error: unknown): void;
  /** Calls back when the body is over, before its client can see that; at once where it is. */
  onEnd(listener: () => void): void;
}

/** A source of Bun's own kind of stream, which is given what it writes to. `Bun.serve` calls `pull` once. */
export interface DirectSource {
  readonly type: "direct";
  pull(client: DirectClient): void;
  cancel(reason: unknown): Promise<void> | undefined;
}

/** What is used of Bun's `ReadableStreamDirectController`. */
export interface DirectClient {
  /** A promise where the client is slower than its bytes come. */
  write(chunk: Bytes): number | Promise<number>;
  close(error?: Error): void;
}

/**
 * Writes the bytes of an answer to its client, each chunk as soon as it was read. A chunk costs a sixth less than in a
 * stream that Bun reads.
 */
export function createDirect({ next, takeUnread, leave }: OutletReads): Direct {
  let client: DirectClient | undefined;
  let isOver = false;
  let ended = (): void => {};

  function take(chunk: Bytes | undefined): void {
    if (isOver) return;
    if (chunk === undefined) {
      over();
      client?.close();
      return;
    }
    const written = client?.write(chunk);
    if (typeof written === "number") next(take, fail);
    else written?.then(goOn, goOn);
  }

  function goOn(): void {
    if (!isOver) next(take, fail);
  }

  function fail(error: unknown): void {
    // Before it is pulled the failure is not visible. What is read then fails as well.
    if (client === undefined || isOver) return;
    const failed = client;
    over();
    void flushed().then(() => failed.close(error instanceof Error ? error : new Error(String(error))));
  }

  function over(): void {
    isOver = true;
    ended();
  }

  return {
    source: {
      type: "direct",
      pull(controller) {
        client = controller;
        const head = takeUnread();
        if (head === undefined) goOn();
        else if (head.pending === undefined) take(head.bytes);
        else {
          if (head.bytes.byteLength > 0) controller.write(head.bytes);
          head.pending.then(take, fail);
        }
      },
      cancel(reason) {
        if (isOver) return undefined;
        over();
        return leave(reason);
      },
    },
    fail,
    onEnd(listener) {
      if (isOver) listener();
      else ended = listener;
    },
  };
}
