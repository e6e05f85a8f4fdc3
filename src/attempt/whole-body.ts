/** Passing on a body that was read whole. */

import type { Deadlines } from "../base/deadlines.ts";
import type { AnswerObserver } from "../message/request.ts";
import type { ByteStream, Bytes, Runtime } from "../runtime/runtime.ts";
import { bytesStream, type Head } from "./body-head.ts";

/** Up to this size it leaves as bytes; a larger one as a stream, counted while it is kept. */
const SMALL = 65_536;

export interface WholeBodyDeps {
  readonly deadlines: Deadlines;
  readonly watchBody: Runtime["watchBody"];
  /** How long the client may take nothing of it (ms). */
  readonly writeTimeout: number;
}

/** @param fault what was wrong with the answer: see {@link AnswerObserver.end} */
export function passOnWhole(
  { bytes, release }: Head,
  told: AnswerObserver,
  fault: string | undefined,
  { deadlines, watchBody, writeTimeout }: WholeBodyDeps,
): ByteStream | Bytes {
  if (bytes.byteLength <= SMALL) {
    release();
    told.chunk(bytes.byteLength);
    told.end(undefined, fault);
    return bytes;
  }
  const abandon = deadlines.start(writeTimeout, () => watched.cut(new Error("The client took nothing.")));
  const watched = watchBody(bytesStream(bytes, SMALL), {
    waiting() {},
    chunk({ byteLength }) {
      abandon.restart(writeTimeout);
      told.chunk(byteLength);
    },
    end({ type }) {
      abandon.cancel();
      release();
      told.end(type === "done" ? undefined : type === "failed" ? "write_timeout" : "client_closed", fault);
    },
  });
  return watched.stream();
}
