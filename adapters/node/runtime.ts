import { isatty } from "node:tty";
import type { Runtime } from "../../src/runtime.ts";
import { createOutput } from "../common/output.ts";
import { onSignal, processStats, readTextFile, writeError } from "../common/process.ts";
import { watchBody } from "../common/watch-body.ts";
import { createFetch } from "./client.ts";
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
    onSignal,
    exit: (code) => process.exit(code),
    processStats,
  };
}
