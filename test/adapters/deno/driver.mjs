import { createRuntime } from "../../../adapters/deno/runtime.ts";
import { drive } from "../web/driver.ts";

drive(createRuntime());
