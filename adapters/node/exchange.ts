import type { IncomingMessage, ServerResponse } from "node:http";
import type { Handler } from "../../src/runtime/runtime.ts";
import type { Report } from "../shared/node-api/defects.ts";
import { writeAnswer, writeBareError } from "./answer.ts";
import type { Connection } from "./connections.ts";
import { dropRest } from "./incoming-body.ts";
import { toRequest } from "./request.ts";

export interface ExchangeOptions {
  readonly writeTimeout: number;
  /** Whether the answer has to say `connection: close`. */
  readonly isClosing: () => boolean;
  /** The last answer on a connection is out. */
  readonly onIdle: (connection: Connection) => void;
  /** Joins a client that asked for a WebSocket to its upstream, where this answer says so. */
  readonly join: Join;
  /** Gets what the handler throws, and what fails while its answer is written. */
  readonly report: Report;
}

/**
 * Takes the answer over, or returns false: it is to be sent.
 *
 * @param isOpen whether the client is still there
 * @param onOver called when its WebSocket is over
 */
export type Join = (answer: Response, isOpen: boolean, onOver: () => void) => boolean;

/** Passes one request to `handler` and its answer to the client, to the end of either. */
export function exchange(
  connection: Connection,
  incoming: IncomingMessage,
  response: ServerResponse,
  url: string,
  handler: Handler,
  { writeTimeout, isClosing, onIdle, join, report }: ExchangeOptions,
): void {
  const { socket, exchanges, address } = connection;
  const { request, leave } = toRequest(incoming, url);
  let isOpen = true;
  let cancelAnswer: ((reason: unknown) => void) | undefined;

  function remove(): void {
    isOpen = false;
    const place = exchanges.indexOf(onLeave);
    if (place !== -1) exchanges.splice(place, 1);
  }

  function onLeave(reason: unknown): void {
    remove();
    cancelAnswer?.(reason);
    leave(reason);
  }

  function onStuck(): void {
    onLeave(new DOMException("The client took nothing of the answer in time.", "TimeoutError"));
    socket.destroy();
  }

  function onFinish(): void {
    remove();
    dropRest(incoming);
    // The write timeout of this answer must not run on into the next one of a client that pipelines.
    if (exchanges.length > 0) socket.setTimeout(0);
    else onIdle(connection);
  }

  function answer(result: Response): void {
    if (join(result, isOpen, remove)) return;
    if (!isOpen) {
      void result.body?.cancel().catch(() => undefined);
      return;
    }
    if (isClosing()) response.shouldKeepAlive = false;
    cancelAnswer = writeAnswer(response, result, { writeTimeout, onStuck });
  }

  function onFailure(error: unknown): void {
    report(error);
    if (isOpen) writeBareError(response, socket);
  }

  exchanges.push(onLeave);
  response.on("finish", onFinish);
  // Writing to a client that has left is no news: the close of its connection tells it.
  response.on("error", () => undefined);
  try {
    const result = handler(request, { address, target: incoming.url ?? "" });
    if (result instanceof Promise) result.then(answer).catch(onFailure);
    else answer(result);
  } catch (error) {
    onFailure(error);
  }
}
