import type { BodyWatcher, ByteStream, Bytes, ResponseHead, Runtime } from "../../src/runtime/runtime.ts";
import type { Outlet, OutletReads } from "../shared/web/outlet.ts";
import { pullOutlet } from "../shared/web/pull-outlet.ts";
import { watchBody } from "../shared/web/watch-body.ts";
import { createResponse as toResponse } from "../shared/web/web.ts";
import { createDirect, type DirectSource } from "./direct.ts";
import { flushed } from "./flushed.ts";
import type { IdleHold } from "./idle-timer.ts";
import { inOnePiece } from "./one-piece.ts";

/** Bodies of requests and answers, in the forms in which Bun takes them most cheaply. */
export interface Bodies extends Pick<Runtime, "watchBody" | "createResponse"> {
  /** Where this body is watched, `hold` is extended until it ends. */
  holdFor(body: ByteStream, hold: IdleHold): void;
  /**
   * An answer as Bun is to send it.
   *
   * @param hold extended until its body ends
   */
  toSend(response: Response, hold: IdleHold): Response | Promise<Response>;
}

/** A watched body, and how it leaves. */
interface Leaving {
  readonly reads: OutletReads;
  outlet: Pick<Outlet, "fail">;
}

/** An answer with such a body, of which nothing was read yet. */
interface Streamed {
  readonly body: Leaving;
  readonly head: ResponseHead;
}

export function createBodies(): Bodies {
  const watched = new WeakMap<ByteStream, Leaving>();
  const answers = new WeakMap<Response, Streamed>();
  const holds = new WeakMap<ByteStream, IdleHold>();

  function createOutlet(reads: OutletReads): Outlet {
    const outlet = pullOutlet(reads, flushed);
    const body: Leaving = { reads, outlet };
    watched.set(outlet.stream, body);
    return { stream: outlet.stream, fail: (error) => body.outlet.fail(error) };
  }

  return {
    watchBody(body, watcher) {
      const hold = holds.get(body);
      return watchBody(body, hold === undefined ? watcher : held(watcher, hold), { createOutlet });
    },
    createResponse(body, head) {
      // Bun invents a content-type for bytes that have none, and for streams it doesn't.
      if (body instanceof Uint8Array && field(head, "content-type") === undefined) {
        return toResponse(streamOf(body), head);
      }
      const response = toResponse(body, head);
      const leaving = body instanceof ReadableStream && !body.locked ? watched.get(body) : undefined;
      if (leaving !== undefined) answers.set(response, { body: leaving, head });
      return response;
    },
    holdFor: (body, hold) => void holds.set(body, hold),
    toSend(response, hold) {
      const streamed = answers.get(response);
      if (streamed === undefined) return response;
      const { body, head } = streamed;
      const length = field(head, "content-type") === undefined ? undefined : field(head, "content-length");
      if (length === undefined) return written(streamed, body.reads, hold);
      return inOnePiece(body.reads, Number(length)).then((piece) =>
        piece.type === "whole" ? toResponse(piece.bytes, head) : written(streamed, piece.rest, hold),
      );
    },
  };
}

/** An answer whose bytes are written directly. */
function written({ body, head }: Streamed, reads: OutletReads, hold: IdleHold): Response {
  const direct = createDirect(reads);
  body.outlet = direct;
  hold.extend();
  direct.onEnd(hold.release);
  return toResponse(streamFrom(direct.source), head);
}

/** The DOM's types don't know this kind of source. */
function streamFrom(source: DirectSource): ByteStream {
  return new ReadableStream<Bytes>(source as unknown as UnderlyingDefaultSource<Bytes>);
}

function held(watcher: BodyWatcher, hold: IdleHold): BodyWatcher {
  hold.extend();
  return {
    waiting: () => watcher.waiting(),
    chunk: (chunk) => watcher.chunk(chunk),
    end(end) {
      hold.release();
      watcher.end(end);
    },
  };
}

function streamOf(bytes: Bytes): ByteStream {
  return new ReadableStream<Bytes>({
    pull(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

function field({ headers }: ResponseHead, name: string): string | undefined {
  return headers.find((pair) => pair[0] === name)?.[1];
}
