import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { type FetchInit, TransportError } from "../../../src/runtime/runtime.ts";
import { isBodiless } from "../http/bodiless.ts";
import { toBody } from "../light/body.ts";
import { LightHeaders } from "../light/headers.ts";
import { toResponse } from "../light/response.ts";
import { createSource, type Feed } from "../light/source.ts";
import { toTransportError } from "./errors.ts";
import { cancelClose, closeAfter, unreadIdleLimit } from "./idle-limit.ts";
import { findReset } from "./reset.ts";
import type { Upload } from "./upload.ts";
import type { Connection } from "./upstream-connection.ts";

/** A web Response has no other final statuses. */
const MAX_STATUS = 599;

export interface ExchangeCallbacks {
  readonly resolve: (answer: Response) => void;
  readonly reject: (error: unknown) => void;
  /** The upstream switched protocols: the connection is the caller's now. */
  readonly switched?: (headers: Headers, socket: Socket) => void;
  /** Called once: when a connection has taken the request, or when none will. */
  readonly onTaken: () => void;
}

/** Set before the request is written: the connection that it is written to. */
export interface ExchangeHandler extends Dispatcher.DispatchHandler {
  connectionOf: () => Connection | undefined;
}

/**
 * undici's handler for one request: resolves at the head of the final answer, feeds its body, and ends both when the
 * signal aborts or the connection breaks.
 */
export function createExchange(
  { method, signal, onProgress }: FetchInit,
  upload: Upload,
  { resolve, reject, switched, onTaken }: ExchangeCallbacks,
): ExchangeHandler {
  let abort: ((error: Error) => void) | undefined;
  let sent = false;
  let source: Feed | undefined;
  /** A connection has taken this request, or none will. */
  let taken = false;
  /** The connection is done with this request, well or not. */
  let over = false;
  let connection: Connection | undefined;
  let bytesBefore = 0;
  /** The limit that its answer sets for the connection (ms). */
  let idleLimit: number | undefined;
  /** The body ends with its connection (RFC 9112 §6.3): where that is reset, it may be half of it. */
  let isUnsized = false;
  let isRequestSent = false;

  /** No byte came over a connection that had answered before. */
  function isStale(): boolean {
    return connection !== undefined && connection.answers > 0 && connection.socket.bytesRead === bytesBefore;
  }

  /** Whether bytes of the request still wait to be sent. */
  function isSending(): boolean {
    return !isRequestSent || (connection !== undefined && connection.socket.writableLength > 0);
  }

  function take(): void {
    if (!taken) onTaken();
    taken = true;
  }

  function end(): void {
    over = true;
    take();
    signal.removeEventListener("abort", onAbort);
  }

  function stop(reason: unknown): void {
    if (over) return;
    end();
    upload.cancel(reason);
    abort?.(toError(reason));
  }

  function onAbort(): void {
    const { reason } = signal;
    source?.drop(reason);
    reject(reason);
    stop(reason);
  }

  function answer(status: number, rawHeaders: Buffer[], resume: () => void, statusText: string): boolean {
    if (status > MAX_STATUS) throw new TransportError("bad_response", false, `status ${status}`);
    const headers = headersFrom(rawHeaders);
    idleLimit = unreadIdleLimit(headers);
    const hasBody = method !== "HEAD" && !isBodiless(status);
    if (hasBody) source = createSource({ resume, cancel: stop });
    isUnsized = hasBody && !headers.has("content-length") && !headers.has("transfer-encoding");
    // A server that closes before it has read the request resets its connection: that says nothing about the answer.
    if (status >= 400 && upload.isLarge) isUnsized = false;
    // So that it can be asked at its end.
    if (isUnsized && connection !== undefined) connection.socket.allowHalfOpen = true;
    resolve(toResponse(status, statusText, headers, source === undefined ? null : toBody(source)));
    return true;
  }

  function fail(error: Error): void {
    if (over) return;
    end();
    const failure = toTransportError(error, sent, isStale());
    if (sent) upload.cancel(failure);
    else upload.leave();
    reject(failure);
    source?.fail(failure);
  }

  function complete(): void {
    if (over) return;
    end();
    if (connection !== undefined) {
      connection.answers += 1;
      // An upstream may answer before it has read the whole request, and never read the rest.
      if (isSending()) connection.socket.destroy();
      else if (idleLimit !== undefined) closeAfter(connection, idleLimit);
    }
    upload.cancel("The answer is whole.");
    source?.done();
  }

  function onRequestSent(): void {
    isRequestSent = true;
    if (!over) onProgress();
  }

  signal.addEventListener("abort", onAbort);
  const handler: ExchangeHandler = {
    connectionOf: () => undefined,
    onConnect(abortRequest) {
      take();
      connection = handler.connectionOf();
      if (connection !== undefined) cancelClose(connection);
      bytesBefore = connection?.socket.bytesRead ?? 0;
      if (over) {
        abortRequest(toError(signal.reason));
        return;
      }
      abort = abortRequest;
      connection?.wire.expectAnswer();
      sent = true;
      onProgress();
    },
    onUpgrade(_status, rawHeaders, socket) {
      end();
      switched?.(headersFrom((rawHeaders ?? []) as Buffer[]), socket as Socket);
    },
    onHeaders: (status, headers, resume, statusText) =>
      status < 200 || answer(status, headers, resume, statusText),
    onData: (chunk) => source?.push(chunk as Buffer<ArrayBuffer>) ?? true,
    onComplete() {
      if (!isUnsized || connection === undefined) complete();
      else findReset(connection, (error) => (error === undefined ? complete() : fail(error)));
    },
    onError: fail,
    // Not in undici's types: the last byte of the request was given to the connection.
    ...{ onRequestSent },
  };
  return handler;
}

function headersFrom(raw: readonly Buffer[]): LightHeaders {
  return LightHeaders.from(raw.map((part) => part.toString("latin1")));
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
