import type { Runtime } from "../../src/runtime.ts";
import { createDescriptors } from "../common/descriptors.ts";
import { nullDevice } from "../common/null-device.ts";
import { createProcess } from "../common/process.ts";
import { OWN_FIELDS_AND_EXTENSIONS } from "../common/websocket/handshake.ts";
import { createJoinings } from "../common/websocket/joinings.ts";
import { createFetch } from "../node/client.ts";
import { createAbortController } from "../node/signal.ts";
import { type OpenedSocket, opened } from "../node/websocket/upstream-socket.ts";
import { lacks } from "./lacks.ts";
import { createResolve } from "./resolve.ts";
import { createResponse } from "./response.ts";
import { serve } from "./server.ts";
import { transpileEarly } from "./transpile-early.ts";
import { watchBody } from "./watch-body.ts";
import { writeOut } from "./write-out.ts";

/**
 * Deno, ≥ 2.9.6: those before close the connection after each request with more than half a kilobyte.
 *
 * The server is Deno's own. The client is the one of Node's adapter, over Deno's `node:net`: a request costs half as much
 * with it as with Deno's `fetch`, which also decodes answers, invents fields and repeats requests unseen.
 */
export function createRuntime(): Runtime {
  transpileEarly();
  const joinings = createJoinings<OpenedSocket>();
  const resolve = createResolve();
  const descriptors = createDescriptors(nullDevice, false);
  return {
    ...createProcess(writeOut),
    name: "deno",
    version: Deno.version.deno,
    lacks,
    serve: (handler, options) => serve(handler, options, joinings, descriptors),
    createFetch: (options) => createFetch(options, OWN_FIELDS_AND_EXTENSIONS, resolve, descriptors),
    upgrade: (_request, upstream, joining) => joinings.create(opened(upstream), joining),
    watchBody,
    readAtOnce: (request) => request.bytes(),
    createResponse,
    createAbortController,
    exit: (code) => Deno.exit(code),
  };
}
