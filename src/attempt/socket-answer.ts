/** An upstream's 101: an answer like others until it is passed on. The end of its WebSocket settles the attempt. */

import { answerHeaders } from "../message/headers.ts";
import type { OutgoingRequest, StreamEnd } from "../message/request.ts";
import type { SocketEnd, SocketWatcher, UpstreamSocket } from "../runtime/runtime.ts";
import type { Answer, ReadResult } from "./answer.ts";
import type { Attempt, Settlement } from "./attempt.ts";

const STATUS = 101;
const NOTHING: ReadResult = { type: "read", bytes: new Uint8Array(), whole: true };

export function createSocketAnswer(
  socket: UpstreamSocket,
  attempt: Attempt,
  { upgrade, observer }: OutgoingRequest,
): Answer {
  // A WebSocket may be quiet for as long as it likes.
  attempt.deadline.cancel();
  let isJoined = false;

  function discard(): void {
    if (isJoined) return;
    socket.abandon();
    attempt.settle({ type: "client_gone" });
  }

  /** The client may leave before it is joined. */
  attempt.onStop = discard;

  function settle(end: SocketEnd): void {
    attempt.settle(settlementOf(end));
    observer.end(streamEndOf(end));
  }

  return {
    member: attempt.member,
    status: STATUS,
    statusText: "",
    headers: answerHeaders(socket.headers),
    fault: () => undefined,
    assessed: attempt.assessed,
    awaitAssessment: attempt.awaitAssessment,
    read: async () => NOTHING,
    hold: async () => NOTHING,
    passOn: () => null,
    join(headers) {
      if (upgrade === undefined) throw new Error("There is nobody to join it to.");
      isJoined = true;
      const watcher: SocketWatcher = {
        received: (bytes) => upgrade.received(bytes),
        sent: (bytes) => observer.chunk(bytes),
        end: settle,
      };
      return upgrade.join(socket, { headers, watcher });
    },
    discard,
  };
}

/** Only an upstream whose connection breaks has failed: the codes of a close are its application's. */
function settlementOf({ type }: SocketEnd): Settlement {
  switch (type) {
    case "closed":
      return { type: "answered", status: STATUS };
    case "upstream_gone":
      return { type: "failure", failure: { kind: "cut" } };
    case "client_gone":
    case "overflow":
    case "going_away":
      return { type: "client_gone" };
  }
}

function streamEndOf({ type }: SocketEnd): StreamEnd | undefined {
  switch (type) {
    case "closed":
      return undefined;
    case "client_gone":
      return "client_closed";
    case "overflow":
      return "write_timeout";
    case "upstream_gone":
    case "going_away":
      return "cut";
  }
}
