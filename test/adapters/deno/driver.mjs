import { createRuntime } from "../../../adapters/deno/runtime.ts";
import { drive } from "../shared/driver.ts";

drive(createRuntime());
