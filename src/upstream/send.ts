/** One attempt up to the answer's headers: URL, header fields, body, deadline, and what the failure was. */

import type { GroupConfig } from "../config/config.ts";
import type { ClientFailure, ProxyFailure, TransportFailure } from "../errors.ts";
import { type FetchInit, TransportError } from "../runtime.ts";
import { type Answer, createAnswer } from "./answer.ts";
import { type Attempt, type AttemptDeps, beginAttempt } from "./attempt.ts";
import type { Member } from "./member.ts";
import type { OutgoingRequest } from "./request.ts";

/** What came of an attempt. */
export type Outcome =
  | { readonly type: "answer"; readonly answer: Answer }
  | { readonly type: "failure"; readonly failure: TransportFailure }
  /** The client's side ended it: it left, or its body failed. */
  | { readonly type: "client"; readonly failure: ClientFailure | ProxyFailure };

export interface SendOptions extends AttemptDeps {
  readonly timeouts: GroupConfig["client"]["timeouts"];
  /** Whether the request deadline holds to the end of the answer's body (`stream_mode: false`). */
  readonly untilWhole: boolean;
  /** Whether the proxy may have to read the answer's body, which then must not be encoded. */
  readonly identity: boolean;
  readonly repeatable: boolean;
}

/** Sends a request to one upstream. Rejects only with what is no failure of an upstream: a defect of the program. */
export async function send(request: OutgoingRequest, member: Member, options: SendOptions): Promise<Outcome> {
  const { connect, request: patience } = options.timeouts;
  const { clock, untilWhole } = options;
  const attempt = beginAttempt(member, request.signal, connect + patience, options);
  let due = clock.now() + connect + patience;
  let isOver = false;
  // Counted from the last byte of the request sent: every sign of progress moves it, until there is an answer.
  const onProgress = (): void => {
    if (isOver) return;
    due = clock.now() + patience;
    attempt.deadline.restart(patience);
  };
  try {
    const response = await member.client.fetch(
      member.targetUrl(request.path, request.query),
      fetchInit(request, attempt, options, onProgress),
    );
    // Stopped while its answer came.
    if (attempt.cause !== undefined) return explain(undefined, attempt, request);
    if (!canBePassedOn(response)) {
      attempt.stop("discarded");
      return failed(attempt, { kind: "bad_response", nothingSent: false });
    }
    const answer = createAnswer(response, attempt, request, {
      ...options,
      ...(untilWhole && { wholeBy: due }),
    });
    return { type: "answer", answer };
  } catch (error) {
    return explain(error, attempt, request);
  } finally {
    isOver = true;
  }
}

function fetchInit(
  request: OutgoingRequest,
  attempt: Attempt,
  { identity, repeatable }: SendOptions,
  onProgress: () => void,
): FetchInit {
  const { method, id, headers, via, body } = request;
  const init = {
    method,
    headers: attempt.member.requestHeaders({ id, headers, via, identity }),
    signal: attempt.signal,
    repeatable,
    onProgress,
  };
  if (body.type === "none") return { ...init, body: null };
  if (body.type === "kept") return { ...init, body: body.bytes };
  body.onProgress(onProgress);
  return { ...init, body: body.stream, ...(body.length !== undefined && { bodyLength: body.length }) };
}

/**
 * No final status (RFC 9110 §15) is outside 200–599, and a length beside a transfer coding can disagree with it on
 * where the answer ends (RFC 9112 §6.3).
 */
function canBePassedOn({ status, headers }: Response): boolean {
  if (status < 200 || status > 599) return false;
  return !(headers.has("transfer-encoding") && headers.has("content-length"));
}

function explain(error: unknown, attempt: Attempt, request: OutgoingRequest): Outcome {
  const bodyFailure = request.body.type === "stream" ? request.body.failure() : undefined;
  if (bodyFailure !== undefined) return clientFailed(attempt, bodyFailure);
  switch (attempt.cause) {
    case "client_closed":
    case "write_timeout":
      return clientFailed(attempt, { kind: "client_closed" });
    case "request_timeout":
      return failed(attempt, { kind: "request_timeout", nothingSent: false });
    default:
      if (error instanceof TransportError) return failed(attempt, toFailure(error));
      attempt.settle({ type: "client_gone" });
      throw error;
  }
}

function clientFailed(attempt: Attempt, failure: ClientFailure | ProxyFailure): Outcome {
  attempt.settle({ type: "client_gone" });
  return { type: "client", failure };
}

function failed(attempt: Attempt, failure: TransportFailure): Outcome {
  attempt.settle({ type: "failure", failure });
  return { type: "failure", failure };
}

function toFailure(error: TransportError): TransportFailure {
  switch (error.kind) {
    case "refused":
    case "dns":
    case "tls":
      return { kind: error.kind, nothingSent: true };
    case "connect_timeout":
      return { kind: "connect_timeout", nothingSent: error.nothingSent };
    case "reset":
    case "bad_response":
      return { kind: error.kind, nothingSent: false };
  }
}
