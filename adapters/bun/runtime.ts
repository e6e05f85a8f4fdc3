import type { Runtime } from "../../src/runtime/runtime.ts";
import { createDescriptors } from "../shared/node-api/descriptors.ts";
import { nullDevice } from "../shared/node-api/null-device.ts";
import { createProcess } from "../shared/node-api/process.ts";
import { web } from "../shared/web/web.ts";
import { createJoinings } from "../shared/websocket/joinings.ts";
import { createBodies } from "./bodies.ts";
import { createFetch, startClient } from "./client.ts";
import { lacks } from "./lacks.ts";
import { serve } from "./server.ts";
import { type OpenedSocket, opened } from "./websocket/open-socket.ts";

/** Bun, ≥ 1.4.5. */
export function createRuntime(): Runtime {
  const bodies = createBodies();
  const joinings = createJoinings<OpenedSocket>();
  const descriptors = createDescriptors(nullDevice);
  return {
    ...createProcess(),
    ...web,
    name: "bun",
    version: Bun.version,
    lacks: lacks(),
    serve(handler, options) {
      startClient();
      return serve(handler, options, bodies, joinings, descriptors);
    },
    createFetch: (options) => createFetch(options, descriptors),
    upgrade: (_request, upstream, joining) => joinings.create(opened(upstream), joining),
    watchBody: bodies.watchBody,
    headLeavesWithBody: true,
    createResponse: bodies.createResponse,
    readAtOnce: (request) => request.bytes(),
  };
}
