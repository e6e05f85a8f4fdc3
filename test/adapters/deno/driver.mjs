import { createRuntime } from "../../../adapters/deno/runtime.ts";
import { drive } from "../common/driver.ts";

drive(createRuntime());
