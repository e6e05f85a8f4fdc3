/**
 * An upstream's answer after its headers. Its body is watched from here to its end, whether it is passed on as it
 * comes, read first, or thrown away; that end settles the attempt.
 */

import type { ClientTimeouts } from "../config/config.ts";
import type { ClientFailure, UpstreamFailure } from "../errors.ts";
import type { BodyEnd, ByteStream, Bytes, HeaderPair } from "../runtime.ts";
import type { Attempt, AttemptDeps } from "./attempt.ts";
import { bytesStream, type Head, prepend, readHead } from "./body-head.ts";
import type { Budget } from "./budget.ts";
import { answerHeaders } from "./headers.ts";
import type { Member } from "./member.ts";
import type { AnswerObserver, OutgoingRequest, StreamEnd } from "./request.ts";

export interface Answer {
  readonly member: Member;
  readonly status: number;
  readonly statusText: string;
  /** Without hop-by-hop fields. */
  readonly headers: readonly HeaderPair[];
  /** Blames the upstream for its status: see {@link Attempt.blame}. */
  blame(reason: string): void;
  /**
   * Reads and keeps the body's beginning, up to `limit` bytes and as far as `budget` allows; a second call returns
   * what the first one read.
   */
  read(limit: number, budget: Budget): Promise<ReadResult>;
  /** Hands out the body, whatever of it was read included. The request's observer is told of its fate. */
  passOn(): ByteStream | Bytes | null;
  /** Throws the body away and ends the upstream call. */
  discard(): void;
}

export type ReadResult =
  /** `whole`: that is all of the body. */
  | { readonly type: "read"; readonly bytes: Bytes; readonly whole: boolean }
  | { readonly type: "failure"; readonly failure: UpstreamFailure }
  | { readonly type: "client"; readonly failure: ClientFailure };

export interface AnswerOptions extends AttemptDeps {
  readonly timeouts: ClientTimeouts;
  /** Monotonic ms by which the body's last byte must be there, where the body is read before it is passed on. */
  readonly wholeBy?: number;
}

/** Up to this size a body that was read whole leaves as bytes; a larger one as a stream, counted while it is kept. */
const SMALL = 65_536;

export function createAnswer(
  response: Response,
  attempt: Attempt,
  request: OutgoingRequest,
  { clock, watchBody, deadlines, timeouts, wholeBy }: AnswerOptions,
): Answer {
  const { deadline } = attempt;
  const wholeDeadline =
    wholeBy === undefined
      ? undefined
      : deadlines.start(Math.max(0, wholeBy - clock.now()), () => attempt.stop("request_timeout"));
  let observer: AnswerObserver | undefined;
  let end: StreamEnd | undefined;
  let hasEnded = false;
  let head: Head | undefined;

  const body = response.body === null ? undefined : watch(response.body as ByteStream);
  if (body === undefined) settle({ type: "done" });

  function watch(source: ByteStream): ByteStream {
    awaitUpstream();
    const watched = watchBody(source, {
      waiting: awaitUpstream,
      chunk({ byteLength }) {
        attempt.firstByte();
        awaitClient();
        observer?.chunk(byteLength);
      },
      end: settle,
    });
    attempt.onStop = (cause) => watched.cut(new Error(`The answer was ended: ${cause}.`));
    return watched.stream;
  }

  function awaitUpstream(): void {
    attempt.expiresAs = "stall";
    deadline.restart(timeouts.stall);
  }

  function awaitClient(): void {
    attempt.expiresAs = "write_timeout";
    deadline.restart(request.writeTimeout);
  }

  function settle(bodyEnd: BodyEnd): void {
    hasEnded = true;
    wholeDeadline?.cancel();
    if (attempt.cause === "discarded" || bodyEnd.type === "done") {
      attempt.settle({ type: "answered", status: response.status });
    } else {
      end = attempt.cause ?? (bodyEnd.type === "failed" && !uploadFailed() ? "cut" : "client_closed");
      // Whoever holds it will see no more of it than that it failed.
      head?.release();
      if (bodyEnd.type === "cancelled") attempt.stop("client_closed");
      const failure = upstreamFailure(end);
      attempt.settle(failure === undefined ? { type: "client_gone" } : { type: "failure", failure });
    }
    observer?.end(end);
  }

  /** An upload that the client breaks off takes the answer with it. */
  function uploadFailed(): boolean {
    return request.body.type === "stream" && request.body.failure() !== undefined;
  }

  return {
    member: attempt.member,
    status: response.status,
    statusText: response.statusText,
    headers: answerHeaders(response.headers),
    blame: attempt.blame,

    async read(limit, budget) {
      if (body === undefined) return { type: "read", bytes: new Uint8Array(), whole: true };
      head ??= await readHead(body, limit, budget);
      if (!head.failed) return { type: "read", bytes: head.bytes, whole: head.whole };
      head.release();
      const failure = upstreamFailure(end ?? "cut");
      return failure === undefined
        ? { type: "client", failure: { kind: "client_closed" } }
        : { type: "failure", failure };
    },

    passOn() {
      const told = request.observer;
      if (body === undefined) {
        told.end(undefined);
        return null;
      }
      if (head?.whole) return passOnWhole(head, told);
      wholeDeadline?.cancel();
      observer = told;
      if (head !== undefined) told.chunk(head.bytes.byteLength);
      if (hasEnded) told.end(end);
      return head === undefined ? body : prepend(head);
    },

    discard() {
      head?.release();
      attempt.stop("discarded");
    },
  };

  function passOnWhole({ bytes, release }: Head, told: AnswerObserver): ByteStream | Bytes {
    if (bytes.byteLength <= SMALL) {
      release();
      told.chunk(bytes.byteLength);
      told.end(undefined);
      return bytes;
    }
    const abandon = deadlines.start(request.writeTimeout, () =>
      watched.cut(new Error("The client took nothing.")),
    );
    const watched = watchBody(bytesStream(bytes, SMALL), {
      waiting() {},
      chunk({ byteLength }) {
        abandon.restart(request.writeTimeout);
        told.chunk(byteLength);
      },
      end({ type }) {
        abandon.cancel();
        release();
        told.end(type === "done" ? undefined : type === "failed" ? "write_timeout" : "client_closed");
      },
    });
    return watched.stream;
  }
}

function upstreamFailure(end: StreamEnd): UpstreamFailure | undefined {
  switch (end) {
    case "cut":
    case "stall":
      return { kind: end };
    case "request_timeout":
      return { kind: end, nothingSent: false };
    case "client_closed":
    case "write_timeout":
      return undefined;
  }
}
