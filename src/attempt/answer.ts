/**
 * An upstream's answer after its headers. Its body is watched from here to its end, whether it is passed on as it
 * comes, read first, or thrown away; that end settles the attempt.
 */

import type { Budget } from "../base/budget.ts";
import type { ClientFailure, UpstreamFailure } from "../base/errors.ts";
import type { ClientTimeouts } from "../config/config.ts";
import { answerHeaders } from "../message/headers.ts";
import type { AnswerObserver, OutgoingRequest, StreamEnd } from "../message/request.ts";
import type { BodyEnd, ByteStream, Bytes, HeaderPair, WatchedBody } from "../runtime/runtime.ts";
import type { Member } from "../upstream/member.ts";
import type { Attempt, AttemptDeps } from "./attempt.ts";
import { type Head, prepend, readHead } from "./body-head.ts";
import { createContentWatch, type Fault } from "./content-watch.ts";
import { passOnWhole } from "./whole-body.ts";

export interface Answer {
  readonly member: Member;
  readonly status: number;
  readonly statusText: string;
  /** Without hop-by-hop fields. */
  readonly headers: readonly HeaderPair[];
  /** What is wrong with a 2xx answer, once that was found in what came of it. */
  fault(): Fault | undefined;
  readonly assessed: Attempt["assessed"];
  readonly awaitAssessment: Attempt["awaitAssessment"];
  /**
   * Reads and keeps the body's beginning, up to `limit` bytes and as far as `budget` allows; a second call goes on
   * where the first one ended.
   */
  read(limit: number, budget: Budget): Promise<ReadResult>;
  /**
   * Holds the body back until its first content or an error in place of it, for as long and as much of it as may be:
   * see {@link HOLD}. Where there is nothing to look for it is not touched.
   */
  hold(budget: Budget): Promise<ReadResult>;
  /** Hands out the body, including the part that was read. The request's observer learns its end. */
  passOn(): ByteStream | Bytes | null;
  /** Where it is a 101: makes the client's answer, with these fields. The request's observer learns what follows. */
  join?(headers: readonly HeaderPair[]): Response;
  /** Throws the body away and ends the upstream call. */
  discard(): void;
}

export type ReadResult =
  /** `whole`: that is all of the body. */
  | { readonly type: "read"; readonly bytes: Bytes; readonly whole: boolean }
  | { readonly type: "failure"; readonly failure: UpstreamFailure }
  | { readonly type: "client"; readonly failure: ClientFailure };

export interface AnswerDeps extends AttemptDeps {
  readonly timeouts: ClientTimeouts;
}

/** Moments by which something has to have come, in monotonic ms. */
export interface AnswerTimes {
  /** The last byte of the request was sent. */
  readonly sentAt: number;
  /** The body's last byte, where the body is read before it is passed on. */
  readonly wholeBy: number | undefined;
  /** The first content. */
  readonly firstTokenBy: number | undefined;
}

/** Longest time from the last byte of the request sent for which an answer is held back (ms). */
const HOLD = 15_000;

const NOTHING: ReadResult = { type: "read", bytes: new Uint8Array(), whole: true };

export function createAnswer(
  response: Response,
  attempt: Attempt,
  request: OutgoingRequest,
  { sentAt, wholeBy, firstTokenBy }: AnswerTimes,
  { clock, runtime, deadlines, timeouts }: AnswerDeps,
): Answer {
  const { watchBody } = runtime;
  const { deadline } = attempt;
  const until = (moment: number): number => Math.max(0, moment - clock.now());
  const wholeDeadline =
    wholeBy === undefined
      ? undefined
      : deadlines.start(until(wholeBy), () => attempt.stop("request_timeout"));
  const content = createContentWatch(response, attempt, request, () => tokenDeadline?.cancel());
  const tokenDeadline =
    firstTokenBy === undefined || response.body === null
      ? undefined
      : deadlines.start(until(firstTokenBy), () => attempt.stop("first_token_timeout"));
  let observer: AnswerObserver | undefined;
  let end: StreamEnd | undefined;
  let hasEnded = false;
  let head: Head | undefined;

  const body = response.body === null ? undefined : watch(response.body as ByteStream);
  if (body === undefined) settle({ type: "done" });

  function watch(source: ByteStream): WatchedBody {
    awaitUpstream();
    const watched = watchBody(source, {
      waiting: awaitUpstream,
      chunk(bytes) {
        attempt.firstByte();
        awaitClient();
        if (content === undefined) tokenDeadline?.cancel();
        else content.push(bytes);
        observer?.chunk(bytes.byteLength);
      },
      end: settle,
    });
    attempt.onStop = (cause) => watched.cut(new Error(`The answer was ended: ${cause}.`));
    return watched;
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
    tokenDeadline?.cancel();
    if (attempt.cause() !== "discarded" && bodyEnd.type !== "done") settleBroken(bodyEnd);
    else {
      if (bodyEnd.type === "done") content?.end();
      attempt.settle({ type: "answered", status: response.status });
    }
    observer?.end(end, content?.fault()?.reason);
  }

  function settleBroken({ type }: BodyEnd): void {
    const cause = attempt.cause();
    end = cause === "discarded" ? undefined : cause;
    end ??= type === "failed" && !uploadFailed() ? "cut" : "client_closed";
    // The reader sees only that the body failed.
    head?.release();
    if (type === "cancelled") attempt.stop("client_closed");
    const failure = upstreamFailure(end);
    attempt.settle(failure === undefined ? { type: "client_gone" } : { type: "failure", failure });
  }

  /** An upload that the client breaks off takes the answer with it. */
  function uploadFailed(): boolean {
    return request.body.type === "stream" && request.body.failure() !== undefined;
  }

  function result(read: Head): ReadResult {
    if (!read.failed) return { type: "read", bytes: read.bytes, whole: read.whole };
    read.release();
    const failure = upstreamFailure(end ?? "cut");
    return failure === undefined
      ? { type: "client", failure: { kind: "client_closed" } }
      : { type: "failure", failure };
  }

  return {
    member: attempt.member,
    status: response.status,
    statusText: response.statusText,
    headers: answerHeaders(response.headers),
    fault: () => content?.fault(),
    assessed: attempt.assessed,
    awaitAssessment: attempt.awaitAssessment,

    async read(limit, budget) {
      if (body === undefined) return NOTHING;
      head = await readHead(body, limit, budget, { before: head });
      return result(head);
    },

    async hold(budget) {
      if (body === undefined || content === undefined) return NOTHING;
      const isEnough = content.isDecided;
      const length = declaredLength(response.headers);
      if (tokenDeadline !== undefined)
        head = await readHead(body, content.limit, budget, { isEnough, length });
      else {
        let giveUp = (): void => {};
        let isOver = false;
        const patience = deadlines.start(until(sentAt + HOLD), () => {
          isOver = true;
          giveUp();
        });
        const awaiting = (stop: () => void): void => {
          giveUp = stop;
          if (isOver) stop();
        };
        head = await readHead(body, content.limit, budget, { isEnough, length, awaiting });
        patience.cancel();
      }
      return result(head);
    },

    passOn() {
      const told = request.observer;
      if (body === undefined) {
        told.end(undefined);
        return null;
      }
      if (head?.whole) {
        return passOnWhole(head, told, content?.fault()?.reason, {
          deadlines,
          watchBody,
          writeTimeout: request.writeTimeout,
        });
      }
      wholeDeadline?.cancel();
      observer = told;
      if (head !== undefined) told.chunk(head.bytes.byteLength);
      if (hasEnded) told.end(end, content?.fault()?.reason);
      return head === undefined ? body.stream() : prepend(body, head);
    },

    discard() {
      head?.release();
      attempt.stop("discarded");
    },
  };
}

/** What content-length says, where it says anything; NaN where it is no number. */
function declaredLength(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length === null ? undefined : Number(length);
}

function upstreamFailure(end: StreamEnd): UpstreamFailure | undefined {
  switch (end) {
    case "cut":
    case "stall":
    case "first_token_timeout":
      return { kind: end };
    case "request_timeout":
      return { kind: end, nothingSent: false };
    case "client_closed":
    case "write_timeout":
      return undefined;
  }
}
