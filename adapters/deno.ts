/** The program on Deno. */

import { main } from "../src/main.ts";
import { createRuntime } from "./deno/runtime.ts";

await main(createRuntime(), Deno.args);
