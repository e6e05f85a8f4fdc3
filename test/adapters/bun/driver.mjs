import { createRuntime } from "../../../adapters/bun/runtime.ts";
import { drive } from "../web/driver.ts";

drive(createRuntime());
