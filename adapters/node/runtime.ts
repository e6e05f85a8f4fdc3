import type { Runtime } from "../../src/runtime.ts";
import { createProcess } from "../common/process.ts";
import { createFetch } from "./client.ts";
import { lacks } from "./lacks.ts";
import { createResponse } from "./response.ts";
import { serve } from "./server.ts";
import { createAbortController } from "./signal.ts";
import { watchBody } from "./watch-body.ts";

/** Node, ≥ 20.18.1. */
export function createRuntime(): Runtime {
  return {
    ...createProcess(),
    name: "node",
    version: process.versions.node,
    lacks,
    serve,
    createFetch,
    watchBody,
    createResponse,
    createAbortController,
  };
}
