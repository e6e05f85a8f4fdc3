import type { Runtime } from "../../src/runtime.ts";
import { createProcess } from "../common/process.ts";
import { web } from "../common/web.ts";
import { createBodies } from "./bodies.ts";
import { createFetch } from "./client.ts";
import { lacks } from "./lacks.ts";
import { serve } from "./server.ts";

/** Bun, ≥ 1.4.5. */
export function createRuntime(): Runtime {
  const bodies = createBodies();
  return {
    ...createProcess(),
    ...web,
    name: "bun",
    version: Bun.version,
    lacks: lacks(),
    serve: (handler, options) => serve(handler, options, bodies),
    createFetch,
    watchBody: bodies.watchBody,
    createResponse: bodies.createResponse,
    readAtOnce: (request) => request.bytes(),
  };
}
