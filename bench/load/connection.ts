/** A client's connection for one request after the other. */

import type { Socket } from "bun";
import { isWhole, REQUEST } from "./request.ts";

export interface Connection {
  /** Whether a request would go out at once. */
  readonly isFree: boolean;
  /** Sends a request; `onAnswer` is told when its answer is whole. One at a time. */
  send(onAnswer: () => void): void;
  close(): void;
}

/**
 * A server may end it with an answer that says so: then it is opened again, as a client's pool would.
 *
 * @param onProblem told of an answer that isn't good, and of a connection that ends before its answer is whole
 */
export async function createConnection(port: number, onProblem: (why: string) => void): Promise<Connection> {
  let socket: Socket | undefined;
  let waiting: (() => void) | undefined;
  let size = 0;
  let isLast = false;
  let isOver = false;

  function received(bytes: Buffer): void {
    const text = bytes.toString("latin1", 0, 600);
    if (size === 0 && !text.startsWith("HTTP/1.1 200")) onProblem(`no good answer: ${text}`);
    isLast ||= /^connection: close/im.test(text);
    size += bytes.length;
    if (!isWhole(size, bytes)) return;
    const answered = waiting;
    waiting = undefined;
    size = 0;
    if (isLast) socket = undefined;
    answered?.();
  }

  function closed(): void {
    if (isOver) return;
    if (!isLast) {
      onProblem("a connection ended before its time");
      return;
    }
    isLast = false;
    open().catch((error: unknown) => onProblem(String(error)));
  }

  async function open(): Promise<void> {
    socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_socket, bytes) => received(bytes),
        close: closed,
        error: (_socket, error) => onProblem(String(error)),
      },
    });
    if (waiting !== undefined) socket.write(REQUEST);
  }

  await open();
  return {
    get isFree() {
      return socket !== undefined && waiting === undefined;
    },
    send(onAnswer) {
      waiting = onAnswer;
      socket?.write(REQUEST);
    },
    close() {
      isOver = true;
      socket?.end();
    },
  };
}
