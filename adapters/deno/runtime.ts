import { isatty } from "node:tty";
import type { Runtime } from "../../src/runtime.ts";
import { createOutput } from "../common/output.ts";
import { onSignal, processStats, readTextFile, writeError } from "../common/process.ts";
import { watchBody } from "../common/watch-body.ts";
import { createFetch } from "./client.ts";
import { takeEnvironment } from "./environment.ts";
import { lacks } from "./lacks.ts";
import { serve } from "./server.ts";

const STDOUT = 1;

/** Deno, ≥ 2.9. */
export function createRuntime(): Runtime {
  const output = createOutput(STDOUT);
  const env = takeEnvironment();
  return {
    name: "deno",
    version: Deno.version.deno,
    lacks,
    serve,
    createFetch,
    watchBody,
    readTextFile,
    env: (name) => env[name],
    write: output.write,
    writeError,
    flush: output.flush,
    isTerminal: isatty(STDOUT),
    onSignal,
    exit: (code) => Deno.exit(code),
    processStats,
  };
}
