/** The program on Deno. */

import { closeDebugger } from "./deno/debugger.ts";
import { holdSignals } from "./shared/node-api/hold-signals.ts";

// Before the program is loaded: until then a signal may end the process.
holdSignals(closeDebugger);
const [{ main }, { createRuntime }] = await Promise.all([
  import("../src/program/main.ts"),
  import("./deno/runtime.ts"),
]);
await main(createRuntime(), Deno.args);
