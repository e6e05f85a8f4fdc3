/** The runtime's own objects, as the adapters of Bun and Deno use them. */

import { watchBody } from "../../../adapters/shared/web/watch-body.ts";
import { web } from "../../../adapters/shared/web/web.ts";
import type { Bytes } from "../../../src/runtime/runtime.ts";
import type { Hand, Maker } from "./maker.ts";

export const native: Maker = {
  ...web,
  watchBody,
  headersFrom: (pairs) => new Headers(pairs as [string, string][]),
  requestFrom({ method = "GET", url = "http://host/", headers = [], body }) {
    const controller = new AbortController();
    const init = { method, headers: headers as [string, string][], signal: controller.signal };
    const request = new Request(url, { ...init, ...(body !== undefined && { body }) });
    return { request, leave: (reason) => controller.abort(reason) };
  },
  bodyFrom(chunks) {
    const iterator = chunks[Symbol.iterator]();
    return new ReadableStream<Bytes>(
      {
        pull(controller) {
          const { done, value } = iterator.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
  },
  bodyByHand,
  sentFields: ({ headers }) => [...headers],
};

function bodyByHand(): Hand {
  const cancelled: unknown[] = [];
  let asked = 0;
  let isWaitedFor = false;
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  let feed: ReadableStreamDefaultController<Bytes> | undefined;
  const body = new ReadableStream<Bytes>(
    {
      start(controller) {
        feed = controller;
      },
      pull(controller) {
        asked += 1;
        isWaitedFor = true;
        if (failure !== undefined) controller.error(failure.error);
      },
      cancel(reason) {
        // A producer that is through has nothing left to stop.
        if (!isOver) cancelled.push(reason);
        isOver = true;
      },
    },
    { highWaterMark: 0 },
  );
  return {
    body,
    cancelled,
    asked: () => asked,
    push(chunk) {
      if (isOver) return;
      isWaitedFor = false;
      feed?.enqueue(chunk);
    },
    end() {
      if (isOver) return;
      isOver = true;
      feed?.close();
    },
    fail(error) {
      if (isOver) return;
      isOver = true;
      failure = { error };
      // The stream would drop the chunks that are still in it.
      if (isWaitedFor) feed?.error(error);
    },
  };
}
