/** The light objects of Node's adapter. */

import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { toRequest } from "../../../adapters/node/request.ts";
import { toBody } from "../../../adapters/shared/light/body.ts";
import { LightHeaders } from "../../../adapters/shared/light/headers.ts";
import { createResponse, LightResponse } from "../../../adapters/shared/light/response.ts";
import { createAbortController } from "../../../adapters/shared/light/signal.ts";
import { createSource } from "../../../adapters/shared/light/source.ts";
import { watchBody } from "../../../adapters/shared/light/watch-body.ts";
import type { Hand, Maker } from "./maker.ts";

export const light: Maker = {
  createResponse,
  createAbortController,
  watchBody,
  headersFrom: (pairs) => LightHeaders.from(pairs.flat()),
  requestFrom({ method = "GET", url = "http://host/", headers = [], body }) {
    const incoming = new IncomingMessage(new Socket());
    incoming.method = method;
    incoming.rawHeaders = headers.flat();
    if (body !== undefined) {
      incoming.headers["content-length"] = String(body.byteLength);
      incoming.push(body);
    }
    incoming.push(null);
    return toRequest(incoming, url);
  },
  bodyFrom(chunks) {
    const iterator = chunks[Symbol.iterator]();
    const produce = (): void => {
      for (;;) {
        const { done, value } = iterator.next();
        if (done) source.done();
        if (done || !source.push(value)) return;
      }
    };
    const source = createSource({ start: produce, resume: produce, cancel() {} });
    return toBody(source);
  },
  bodyByHand,
  sentFields: (response) => {
    if (!(response instanceof LightResponse)) throw new TypeError("not a light response");
    return [...response.fields()];
  },
};

function bodyByHand(): Hand {
  const cancelled: unknown[] = [];
  let asked = 0;
  const ask = (): void => {
    asked += 1;
  };
  const source = createSource({ start: ask, resume: ask, cancel: (reason) => cancelled.push(reason) });
  return {
    body: toBody(source),
    cancelled,
    asked: () => asked,
    push: (chunk) => void source.push(chunk),
    end: source.done,
    fail: source.fail,
  };
}
