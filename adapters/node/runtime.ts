import type { Runtime } from "../../src/runtime.ts";
import { createDescriptors } from "../common/descriptors.ts";
import { nullDevice } from "../common/null-device.ts";
import { createProcess } from "../common/process.ts";
import { OWN_FIELDS } from "../common/websocket/handshake.ts";
import { createJoinings } from "../common/websocket/joinings.ts";
import { createFetch } from "./client.ts";
import { lacks } from "./lacks.ts";
import { createResponse } from "./response.ts";
import { serve } from "./server.ts";
import { createAbortController } from "./signal.ts";
import { watchBody } from "./watch-body.ts";
import { type OpenedSocket, opened } from "./websocket/upstream-socket.ts";

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
