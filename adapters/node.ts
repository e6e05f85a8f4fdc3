/** The program on Node. */

import { main } from "../src/main.ts";
import { tuneCollector } from "./node/collector.ts";
import { createRuntime } from "./node/runtime.ts";

tuneCollector();
await main(createRuntime(), process.argv.slice(2));
