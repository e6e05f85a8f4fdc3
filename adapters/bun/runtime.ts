import { isatty } from "node:tty";
import type { Runtime } from "../../src/runtime.ts";
import { createOutput } from "../common/output.ts";
import { onSignal, processStats, readTextFile, writeError } from "../common/process.ts";
import { createFetch } from "./client.ts";
import { createIdleTimer } from "./idle-timer.ts";
import { lacks } from "./lacks.ts";
import { serve } from "./server.ts";

const STDOUT = 1;

/** Bun, ≥ 1.4.5. */
export function createRuntime(): Runtime {
  const output = createOutput(STDOUT);
  const idleTimer = createIdleTimer();
  return {
    name: "bun",
    version: Bun.version,
    lacks: lacks(),
    serve: (handler, options) => serve(handler, options, idleTimer),
    createFetch,
    watchBody: idleTimer.watchBody,
    readTextFile,
    env: (name) => process.env[name],
    write: output.write,
    writeError,
    flush: output.flush,
    isTerminal: isatty(STDOUT),
    onSignal,
    exit: (code) => process.exit(code),
    processStats,
  };
}
