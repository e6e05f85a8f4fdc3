import type { Runtime } from "../../src/runtime.ts";
import { createProcess } from "../common/process.ts";
import { web } from "../common/web.ts";
import { createFetch } from "./client.ts";
import { takeEnvironment } from "./environment.ts";
import { lacks } from "./lacks.ts";
import { serve } from "./server.ts";
import { watchBody } from "./watch-body.ts";

/** Deno, ≥ 2.9.6: those before close the connection after each request with more than half a kilobyte. */
export function createRuntime(): Runtime {
  const env = takeEnvironment();
  return {
    ...createProcess(),
    ...web,
    name: "deno",
    version: Deno.version.deno,
    lacks,
    serve,
    createFetch,
    watchBody,
    readAtOnce: (request) => request.bytes(),
    env: (name) => env[name],
    exit: (code) => Deno.exit(code),
  };
}
