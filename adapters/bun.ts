/** The program on Bun, and as one compiled file. */

import { restartWithoutRequestLimit } from "./bun/request-limit.ts";
import { holdSignals } from "./shared/node-api/hold-signals.ts";

// Before anything else is loaded: the process starts over here.
restartWithoutRequestLimit();
holdSignals();
const [{ main }, { createRuntime }] = await Promise.all([
  import("../src/program/main.ts"),
  import("./bun/runtime.ts"),
]);
await main(createRuntime(), process.argv.slice(2));
