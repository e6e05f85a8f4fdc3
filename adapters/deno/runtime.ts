import type { Runtime } from "../../src/runtime/runtime.ts";
import { createAbortController } from "../shared/light/signal.ts";
import { createDescriptors } from "../shared/node-api/descriptors.ts";
import { nullDevice } from "../shared/node-api/null-device.ts";
import { createProcess } from "../shared/node-api/process.ts";
import { createFetch } from "../shared/undici/client.ts";
import { type OpenedSocket, opened } from "../shared/undici/upstream-socket.ts";
import { OWN_FIELDS_AND_EXTENSIONS } from "../shared/websocket/handshake.ts";
import { createJoinings } from "../shared/websocket/joinings.ts";
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
