import type { Runtime } from "../../src/runtime.ts";
import { createProcess } from "../common/process.ts";
import { web } from "../common/web.ts";
import { createFetch } from "./client.ts";
import { createIdleTimer } from "./idle-timer.ts";
import { lacks } from "./lacks.ts";
import { serve } from "./server.ts";

/** Bun, ≥ 1.4.5. */
export function createRuntime(): Runtime {
  const idleTimer = createIdleTimer();
  return {
    ...createProcess(),
    ...web,
    name: "bun",
    version: Bun.version,
    lacks: lacks(),
    serve: (handler, options) => serve(handler, options, idleTimer),
    createFetch,
    watchBody: idleTimer.watchBody,
    readAtOnce: (request) => request.bytes(),
  };
}
