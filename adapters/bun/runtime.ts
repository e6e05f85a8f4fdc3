import type { Runtime } from "../../src/runtime.ts";
import { createProcess } from "../common/process.ts";
import { web } from "../common/web.ts";
import { createJoinings } from "../common/websocket/joinings.ts";
import { createBodies } from "./bodies.ts";
import { createFetch } from "./client.ts";
import { lacks } from "./lacks.ts";
import { serve } from "./server.ts";
import { type OpenedSocket, opened } from "./websocket/open-socket.ts";

/** Bun, ≥ 1.4.5. */
export function createRuntime(): Runtime {
  const bodies = createBodies();
  const joinings = createJoinings<OpenedSocket>();
  return {
    ...createProcess(),
    ...web,
    name: "bun",
    version: Bun.version,
    lacks: lacks(),
    serve: (handler, options) => serve(handler, options, bodies, joinings),
    createFetch,
    upgrade: (_request, upstream, joining) => joinings.create(opened(upstream), joining),
    watchBody: bodies.watchBody,
    headLeavesWithBody: true,
    createResponse: bodies.createResponse,
    readAtOnce: (request) => request.bytes(),
  };
}
