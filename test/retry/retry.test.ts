import { describe, expect, it } from "vitest";
import type { Meaning } from "../../src/llm/meaning.ts";
import { type Judged, judge, type RetryPolicy } from "../../src/retry/retry.ts";

const off: RetryPolicy = { enabled: false, attempts: 0, initial: 0, failover: false };
const on: RetryPolicy = { enabled: true, attempts: 3, initial: 500, failover: false };
const failover: RetryPolicy = { ...off, failover: true };
const failoverRetry: RetryPolicy = { ...on, failover: true };

const chat = { repeatable: true, kept: true, ownCredentials: false };
const charge = { ...chat, repeatable: false };
const ownKey = { ...chat, ownCredentials: true };
const upload = { ...chat, kept: false };

const status = (code: number, meaning?: Meaning): Judged => ({
  type: "status",
  status: code,
  ...(meaning !== undefined && { meaning }),
});
const refused: Judged = { type: "failure", failure: { kind: "refused", nothingSent: true } };
const noSocket: Judged = { type: "failure", failure: { kind: "no_socket", nothingSent: true } };
const reset: Judged = { type: "failure", failure: { kind: "reset", nothingSent: false } };
const late: Judged = { type: "failure", failure: { kind: "request_timeout", nothingSent: false } };
const slowDial: Judged = { type: "failure", failure: { kind: "connect_timeout", nothingSent: true } };
const slowConnect: Judged = { type: "failure", failure: { kind: "connect_timeout", nothingSent: false } };
const cut: Judged = { type: "failure", failure: { kind: "cut" } };

const stalled: Judged = { type: "failure", failure: { kind: "stall" } };

const final = { type: "final" };
const move = (counted: boolean, again: boolean) => expect.objectContaining({ type: "move", counted, again });

describe("what follows an attempt", () => {
  it.each([
    ["nothing sent moves on without retry", refused, chat, off, move(false, false)],
    ["nothing sent moves on, whatever the request", refused, charge, off, move(false, false)],
    ["no socket of our own moves on without retry", noSocket, charge, off, move(true, false)],
    ["no socket of our own may be tried again with retry", noSocket, charge, on, move(true, true)],
    ["a connect timeout that sent nothing moves on", slowDial, charge, off, move(false, false)],
    ["a connect timeout that may have sent is final for what is not safe", slowConnect, charge, on, final],
    ["a connect timeout that may have sent rules the upstream out", slowConnect, chat, on, move(true, false)],
    ["a stalled answer that nobody saw rules the upstream out", stalled, chat, on, move(true, false)],
    ["a streamed body is sent once, even when refused", refused, upload, on, final],
    ["a reset is final without retry", reset, chat, off, final],
    ["a reset may be tried again with retry", reset, chat, on, move(true, true)],
    ["a reset of what is not safe is final", reset, charge, on, final],
    ["a timeout moves on and rules the upstream out", late, chat, on, move(true, false)],
    ["a cut answer that nobody saw moves on", cut, chat, on, move(true, true)],
    ["failover moves on once without retry", reset, chat, failover, move(true, false)],
    ["failover with retry tries the same again", reset, chat, failoverRetry, move(true, true)],
    ["500 is final without retry", status(500), chat, off, final],
    ["500 moves on with retry", status(500), chat, on, move(true, true)],
    ["500 of what is not safe is final", status(500), charge, on, final],
    ["503 of what is not safe moves on: it was refused outright", status(503), charge, on, move(true, true)],
    ["429 of what is not safe moves on", status(429), charge, on, move(true, true)],
    ["408 moves on", status(408), chat, on, move(true, true)],
    ["529 moves on", status(529), chat, on, move(true, true)],
    ["520 moves on", status(520), chat, on, move(true, true)],
    ["520 of what is not safe is final", status(520), charge, on, final],
    ["524 of what is not safe is final: its origin may be at it", status(524), charge, on, final],
    ["530 of what is not safe is final", status(530), charge, on, final],
    [
      "521 of what is not safe moves on: the origin was not reached",
      status(521),
      charge,
      on,
      move(true, true),
    ],
    ["526 of what is not safe moves on: so it was not", status(526), charge, failover, move(true, false)],
    ["528 is the answer", status(528), chat, on, final],
    ["501 is the answer", status(501), chat, on, final],
    ["400 is the answer", status(400), chat, on, final],
    ["404 is the answer", status(404), chat, on, final],
    ["401 with the client's key is the answer", status(401), chat, on, final],
    ["401 with our key moves on for good", status(401), ownKey, on, move(true, false)],
    [
      "403 with our key moves on whatever the request",
      status(403),
      { ...ownKey, repeatable: false },
      on,
      move(true, false),
    ],
    ["402 with our key stays without retry", status(402), ownKey, off, final],
    ["our quota moves on for good", status(429, "insufficient_quota"), ownKey, on, move(true, false)],
    ["the client's quota is its answer", status(429, "insufficient_quota"), chat, on, final],
    [
      "failover moves on when the context is too long",
      status(400, "context_length"),
      chat,
      failover,
      move(false, false),
    ],
    ["among equals a too long context is the answer", status(400, "context_length"), chat, on, final],
  ])("%s", (_name, judged, circumstances, policy, verdict) => {
    expect(judge(judged, circumstances, policy)).toEqual(verdict);
  });
});
