/** The program on Node. */

import { main } from "../src/main.ts";
import { createRuntime } from "./node/runtime.ts";

await main(createRuntime(), process.argv.slice(2));
