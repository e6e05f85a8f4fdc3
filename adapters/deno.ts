/** The program on Deno. */

import { main } from "../src/main.ts";
import { tuneCollector } from "./common/collector.ts";
import { createRuntime } from "./deno/runtime.ts";

tuneCollector();
await main(createRuntime(), Deno.args);
