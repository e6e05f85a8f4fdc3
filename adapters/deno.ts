/** The program on Deno. */

import { holdSignals } from "./common/hold-signals.ts";
import { closeDebugger } from "./deno/debugger.ts";

// Before the program is loaded: until then a signal may end the process.
holdSignals(closeDebugger);
const [{ main }, { createRuntime }] = await Promise.all([
  import("../src/main.ts"),
  import("./deno/runtime.ts"),
]);
await main(createRuntime(), Deno.args);
