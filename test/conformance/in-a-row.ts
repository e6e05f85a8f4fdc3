/** Five faults in a row: those that are the upstream's open its breaker, the others do not. */

import { failing, rawThenReset } from "../support/behaviours.ts";
import { answering, begun, breaking } from "./bodies.ts";
import type { Case, Expected } from "./case.ts";
import * as wire from "./wire.ts";

const TIMES = 5;

interface Row extends Pick<Case, "fault" | "moment" | "kind" | "upstream" | "body"> {
  /** What each client of a lone upstream sees. */
  readonly client: string;
  readonly error: string;
  readonly opens: boolean;
  /** Whether the request moves on where it may. */
  readonly moves: boolean;
}

/** In `failover` every request asks the faulty upstream first. */
function inARow({ client, error, opens, moves, ...row }: Row): Case {
  const counted: Omit<Expected, "client" | "attempts"> = {
    error: error === "-" ? "-" : `${error} ×${TIMES}`,
    breaker: `${opens ? "failure" : "success"} ×${TIMES}`,
    ...(opens && { state: "open" as const }),
    seconds: 0,
  };
  const alone = { ...counted, client, attempts: `1 (${TIMES}, 0)` };
  const again = `${client} (1, 0)`;
  return {
    ...row,
    fault: `five times ${row.fault}`,
    endless: false,
    times: TIMES,
    expected: {
      alone,
      failover: moves ? { ...counted, client: "200 whole", attempts: `2 (${TIMES}, ${TIMES})` } : alone,
    },
    next: {
      alone: opens ? "503 no_upstream_available (Retry-After) whole (0, 0)" : again,
      failover: opens ? "200 whole (0, 1)" : moves ? "200 whole (1, 1)" : again,
    },
  };
}

const ERROR_BODY = JSON.stringify({ error: { message: "no", type: "x", code: null } });

export const IN_A_ROW: readonly Case[] = [
  inARow({
    fault: "RST",
    moment: "before head",
    kind: "unary",
    upstream: () => rawThenReset(),
    body: "",
    client: "502 upstream_reset whole",
    error: "reset",
    opens: true,
    moves: true,
  }),
  ...[
    { status: 500, opens: true, moves: true },
    { status: 429, opens: false, moves: true },
    { status: 400, opens: false, moves: false },
  ].map(({ status, ...how }) =>
    inARow({
      fault: `status ${status}`,
      moment: "before head",
      kind: "unary",
      upstream: () => failing(status),
      body: ERROR_BODY,
      client: `${status} whole`,
      error: status === 400 ? "-" : `status_${status}`,
      ...how,
    }),
  ),
  inARow({
    fault: "200 with a server error",
    moment: "before first token",
    kind: "stream",
    upstream: () => async (exchange) => {
      await exchange.body();
      exchange.write(wire.SSE + wire.chunk(wire.errorEvent("server_error")) + wire.END);
    },
    body: wire.errorEvent("server_error"),
    client: "200 whole",
    error: "error_in_answer",
    opens: true,
    moves: true,
  }),
  inARow({
    fault: "FIN",
    moment: "mid-stream",
    kind: "stream",
    upstream: breaking(answering("stream", begun("stream")), "FIN"),
    body: begun("stream"),
    client: "200 cut",
    error: "cut",
    opens: true,
    moves: false,
  }),
];
