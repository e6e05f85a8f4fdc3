/** One attempt up to the answer's headers: URL, header fields, body, deadline, and what the failure was. */

import type { ClientFailure, ProxyFailure, UpstreamFailure } from "../base/errors.ts";
import type { GroupConfig } from "../config/config.ts";
import type { OutgoingRequest } from "../message/request.ts";
import { TransportError } from "../runtime/runtime.ts";
import type { Member } from "../upstream/member.ts";
import { type Answer, createAnswer } from "./answer.ts";
import { type Attempt, type AttemptDeps, beginAttempt } from "./attempt.ts";
import { fetchAnswer, openSocket } from "./call.ts";
import { problemOf } from "./framing.ts";
import type { AttemptOptions } from "./options.ts";
import { createSocketAnswer } from "./socket-answer.ts";

/** What came of an attempt. */
export type Outcome =
  | { readonly type: "answer"; readonly answer: Answer }
  | { readonly type: "failure"; readonly failure: UpstreamFailure }
  /** The client's side ended it: it left, or its body failed. */
  | { readonly type: "client"; readonly failure: ClientFailure | ProxyFailure };

export interface SendDeps extends AttemptDeps {
  readonly timeouts: GroupConfig["client"]["timeouts"];
  /** `stream_mode`: false reads every answer whole. */
  readonly streamMode: boolean;
}

/** Sends a request to one upstream. Rejects only with what is no failure of an upstream: a defect of the program. */
export async function send(
  request: OutgoingRequest,
  member: Member,
  options: AttemptOptions,
  deps: SendDeps,
): Promise<Outcome> {
  const { clock, timeouts, streamMode } = deps;
  const firstToken = options.streaming ? timeouts.firstToken : undefined;
  const patience = Math.min(timeouts.request, firstToken ?? Number.POSITIVE_INFINITY);
  // A handshake has no body and is answered at once: to connect and to be answered have one limit together.
  const isHandshake = request.upgrade !== undefined;
  const limit = isHandshake ? timeouts.connect : timeouts.connect + patience;
  const attempt = beginAttempt(member, options, request.signal, limit, deps);
  if (patience < timeouts.request) attempt.expiresAs = "first_token_timeout";
  let sentAt = clock.now() + timeouts.connect;
  let isOver = false;
  // Counted from the last byte of the request sent: every sign of progress moves it, until there is an answer.
  const onProgress = (): void => {
    if (isOver || isHandshake) return;
    sentAt = clock.now();
    attempt.deadline.restart(patience);
  };
  try {
    let response: Response;
    if (isHandshake) {
      const handshake = await openSocket(request, attempt, options, onProgress);
      if (handshake.type === "opened" && attempt.cause() === undefined) {
        return { type: "answer", answer: createSocketAnswer(handshake.socket, attempt, request) };
      }
      if (handshake.type === "opened") {
        handshake.socket.abandon();
        return explain(undefined, attempt, request, options);
      }
      response = handshake.response;
    } else {
      response = await fetchAnswer(request, attempt, options, onProgress, clock);
    }
    // Stopped while its answer came.
    if (attempt.cause() !== undefined) return explain(undefined, attempt, request, options);
    const detail = problemOf(response);
    if (detail !== undefined) {
      attempt.stop("discarded");
      return failed(attempt, { kind: "bad_response", nothingSent: false, detail });
    }
    // With its answer here the request has been sent, also where the runtime did not tell.
    const sent = Math.min(sentAt, clock.now());
    const times = {
      sentAt: sent,
      wholeBy: streamMode ? undefined : sentAt + timeouts.request,
      firstTokenBy: firstToken === undefined ? undefined : sent + firstToken,
    };
    const answer = createAnswer(response, attempt, request, times, deps);
    return { type: "answer", answer };
  } catch (error) {
    return explain(error, attempt, request, options);
  } finally {
    isOver = true;
  }
}

function explain(
  error: unknown,
  attempt: Attempt,
  request: OutgoingRequest,
  options: AttemptOptions,
): Outcome {
  const bodyFailure = request.body.type === "stream" ? request.body.failure() : undefined;
  if (bodyFailure !== undefined) return clientFailed(attempt, bodyFailure);
  switch (attempt.cause()) {
    case "client_closed":
    case "write_timeout":
      return clientFailed(attempt, { kind: "client_closed" });
    case "request_timeout":
      return failed(attempt, { kind: "request_timeout", nothingSent: false });
    case "first_token_timeout":
      return failed(attempt, { kind: "first_token_timeout" });
    default:
      if (error instanceof TransportError) return failed(attempt, toFailure(error, options));
      attempt.settle({ type: "client_gone" });
      throw error;
  }
}

function clientFailed(attempt: Attempt, failure: ClientFailure | ProxyFailure): Outcome {
  attempt.settle({ type: "client_gone" });
  return { type: "client", failure };
}

function failed(attempt: Attempt, failure: UpstreamFailure): Outcome {
  attempt.settle({ type: "failure", failure });
  return { type: "failure", failure };
}

function toFailure(error: TransportError, { repeatable, kept, fresh }: AttemptOptions): UpstreamFailure {
  switch (error.kind) {
    case "refused":
    case "dns":
    case "tls":
    case "no_socket":
      return { kind: error.kind, nothingSent: true };
    case "connect_timeout":
      return { kind: "connect_timeout", nothingSent: error.nothingSent };
    case "reset": {
      const isHarmless = error.stale && repeatable && kept && !fresh;
      return { kind: isHarmless ? "stale_connection" : "reset", nothingSent: false };
    }
    case "bad_response":
      return { kind: error.kind, nothingSent: false, detail: error.message };
  }
}
