import type { Runtime } from "../../src/runtime.ts";
import { createProcess } from "../common/process.ts";
import { watchBody } from "../common/watch-body.ts";
import { web } from "../common/web.ts";
import { createFetch } from "./client.ts";
import { serve } from "./server.ts";

/** Node, ≥ 20.18.1. */
export function createRuntime(): Runtime {
  return {
    ...createProcess(),
    ...web,
    name: "node",
    version: process.versions.node,
    lacks: [],
    serve,
    createFetch,
    watchBody,
  };
}
