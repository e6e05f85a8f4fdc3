import { isatty } from "node:tty";
import type { Runtime } from "../../src/runtime.ts";
import { watchBody } from "../web/watch-body.ts";
import { createFetch } from "./client.ts";
import { createOutput } from "./output.ts";
import { processStats, readTextFile, writeError } from "./process.ts";
import { serve } from "./server.ts";

const STDOUT = 1;

/** Node, ≥ 20.18.1. */
export function createRuntime(): Runtime {
  const output = createOutput(STDOUT);
  return {
    name: "node",
    version: process.versions.node,
    lacks: [],
    serve,
    createFetch,
    watchBody,
    readTextFile,
    env: (name) => process.env[name],
    write: output.write,
    writeError,
    flush: output.flush,
    isTerminal: isatty(STDOUT),
    onSignal(listener) {
      process.on("SIGTERM", listener);
      process.on("SIGINT", listener);
    },
    exit: (code) => process.exit(code),
    processStats,
  };
}
