import { createRuntime } from "../../../adapters/bun/runtime.ts";
import { drive } from "../shared/driver.ts";

drive(createRuntime());
