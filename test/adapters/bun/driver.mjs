import { createRuntime } from "../../../adapters/bun/runtime.ts";
import { drive } from "../common/driver.ts";

drive(createRuntime());
