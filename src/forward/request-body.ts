/** A client's request body: kept for a second try where it is small enough, else streamed. */

import { prepend, readHead } from "../attempt/body-head.ts";
import type { Budget } from "../base/budget.ts";
import type { Deadline, Deadlines } from "../base/deadlines.ts";
import type { ClientFailure, ProxyFailure } from "../base/errors.ts";
import type { RequestBody } from "../message/request.ts";
import type { ByteStream, Bytes, Runtime } from "../runtime/runtime.ts";

/** Largest body that is kept (bytes). */
const KEPT = 8 * 1024 * 1024;

/** Largest body that is read at once, where the runtime has a cheaper way for that (bytes). */
const AT_ONCE = 65_536;

/** Of a body that is read at once no silence is seen: it has so many times as long, and then it must be there. */
const AT_ONCE_PATIENCE = 4;

export interface BodyLimits {
  /** Bytes; a larger body is refused. */
  readonly maxBodySize: number;
  /** Longest silence of the client inside its body (ms). */
  readonly timeout: number;
}

export interface BodyDeps {
  readonly deadlines: Deadlines;
  readonly runtime: Pick<Runtime, "watchBody" | "readAtOnce">;
  readonly budget: Budget;
}

/** A body that was received, or why it was not. */
export type Received =
  | {
      readonly type: "body";
      readonly body: RequestBody;
      readonly bytesIn: () => number;
      readonly release: () => void;
    }
  | {
      readonly type: "failure";
      readonly failure: ClientFailure | ProxyFailure;
      readonly bytesIn: () => number;
    };

/** A request without one. */
export const NO_BODY: Received = { type: "body", body: { type: "none" }, bytesIn: () => 0, release() {} };

/** Receives a request's body. Never rejects. */
export async function receiveBody(request: Request, limits: BodyLimits, deps: BodyDeps): Promise<Received> {
  const length = contentLength(request.headers);
  if (length === 0) return NO_BODY;
  if (length !== undefined && length > limits.maxBodySize) {
    return { type: "failure", failure: tooLarge(limits), bytesIn: () => 0 };
  }
  const { readAtOnce } = deps.runtime;
  if (readAtOnce !== undefined && length !== undefined && length <= AT_ONCE && deps.budget.reserve(length)) {
    return receiveAtOnce(readAtOnce(request), length, limits, deps);
  }
  if (request.body === null) return NO_BODY;

  const watched = watchUpload(request.body as ByteStream, limits, deps);
  const { bytesIn, failure } = watched;
  const stream = (source: ByteStream, isTouched: () => boolean): RequestBody => ({
    type: "stream",
    stream: source,
    isWhole: () => !(source.locked || isTouched()),
    length,
    onProgress: watched.onProgress,
    failure,
  });
  if (length !== undefined && length > KEPT) {
    return { type: "body", body: stream(watched.body.stream(), () => bytesIn() > 0), bytesIn, release() {} };
  }

  const head = await readHead(watched.body, KEPT + 1, deps.budget);
  if (head.failed) {
    head.release();
    return { type: "failure", failure: failure() ?? { kind: "client_closed" }, bytesIn };
  }
  if (head.whole)
    return { type: "body", body: { type: "kept", bytes: head.bytes }, bytesIn, release: head.release };
  let isTouched = false;
  const whole = prepend(watched.body, {
    ...head,
    release() {
      isTouched = true;
      head.release();
    },
  });
  return { type: "body", body: stream(whole, () => isTouched), bytesIn, release: head.release };
}

/** @param length bytes that were reserved for it */
function receiveAtOnce(
  reading: Promise<Bytes>,
  length: number,
  { timeout }: BodyLimits,
  { deadlines, budget }: BodyDeps,
): Promise<Received> {
  return new Promise((resolve) => {
    const fail = (failure: ClientFailure | ProxyFailure): void => {
      silence.cancel();
      budget.release(length);
      resolve({ type: "failure", failure, bytesIn: () => 0 });
    };
    const silence = deadlines.start(AT_ONCE_PATIENCE * timeout, () => fail({ kind: "request_timeout" }));
    reading.then(
      (bytes) => {
        silence.cancel();
        const release = once(() => budget.release(length));
        resolve({ type: "body", body: { type: "kept", bytes }, bytesIn: () => length, release });
      },
      () => fail({ kind: "client_closed" }),
    );
  });
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}

/** RFC 9110 §8.6; what is malformed was refused by the runtime's parser. */
function contentLength(headers: Headers): number | undefined {
  const value = headers.get("content-length");
  return value === null || headers.has("transfer-encoding") ? undefined : Number(value);
}

function tooLarge({ maxBodySize }: BodyLimits): ProxyFailure {
  return { kind: "body_too_large", limit: maxBodySize };
}

function watchUpload(body: ByteStream, limits: BodyLimits, { deadlines, runtime }: BodyDeps) {
  let bytes = 0;
  let failure: ClientFailure | ProxyFailure | undefined;
  let progress = (): void => {};

  function fail(why: ProxyFailure): void {
    failure = why;
    watched.cut(new Error(`The request's body was refused: ${why.kind}.`));
  }
  const fallSilent = (): void => fail({ kind: "request_timeout" });
  /** Runs only while the proxy waits for the client, which it does not before the body is asked for. */
  let silence: Deadline | undefined;
  const watched = runtime.watchBody(body, {
    waiting() {
      if (silence === undefined) silence = deadlines.start(limits.timeout, fallSilent);
      else silence.restart(limits.timeout);
    },
    chunk({ byteLength }) {
      silence?.cancel();
      bytes += byteLength;
      if (bytes > limits.maxBodySize) fail(tooLarge(limits));
      progress();
    },
    end({ type }) {
      silence?.cancel();
      if (type === "failed") failure ??= { kind: "client_closed" };
    },
  });
  return {
    body: watched,
    bytesIn: () => bytes,
    failure: () => failure,
    onProgress(listener: () => void) {
      progress = listener;
    },
  };
}
