/** The program on Node. */

// First: until then a signal may end the process.
import "./node/before-load.ts";
import { main } from "../src/program/main.ts";
import { tuneCollector } from "./node/collector.ts";
import { createRuntime } from "./node/runtime.ts";

tuneCollector();
await main(createRuntime(), process.argv.slice(2));
