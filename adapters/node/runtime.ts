import type { Runtime } from "../../src/runtime/runtime.ts";
import { createResponse } from "../shared/light/response.ts";
import { createAbortController } from "../shared/light/signal.ts";
import { watchBody } from "../shared/light/watch-body.ts";
import { createDescriptors } from "../shared/node-api/descriptors.ts";
import { nullDevice } from "../shared/node-api/null-device.ts";
import { createProcess } from "../shared/node-api/process.ts";
import { createFetch } from "../shared/undici/client.ts";
import { type OpenedSocket, opened } from "../shared/undici/upstream-socket.ts";
import { OWN_FIELDS } from "../shared/websocket/handshake.ts";
import { createJoinings } from "../shared/websocket/joinings.ts";
import { lacks } from "./lacks.ts";
import { serve } from "./server.ts";

/** Node, ≥ 20.18.1. */
export function createRuntime(): Runtime {
  const joinings = createJoinings<OpenedSocket>();
  const descriptors = createDescriptors(nullDevice);
  return {
    ...createProcess(),
    name: "node",
    version: process.versions.node,
    lacks,
    serve: (handler, options) => serve(handler, options, joinings, descriptors),
    createFetch: (options) => createFetch(options, OWN_FIELDS, undefined, descriptors),
    upgrade: (_request, upstream, joining) => joinings.create(opened(upstream), joining),
    watchBody,
    createResponse,
    createAbortController,
  };
}
