import process from "node:process";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import { writeError } from "./write-error.ts";

/** Passes errors that no code catches to `listener`; with a listener they no longer end the process. */
export const onDefect: Runtime["onDefect"] = (listener) => {
  const report = (error: unknown): void => {
    try {
      listener(error);
    } catch (second) {
      // An exception here would end the process.
      writeError(`a defect could not be logged: ${String(second)}`);
    }
  };
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
};

/** Reports a defect. Does not throw. */
export type Report = (error: unknown) => void;

/**
 * Reports a defect to the listener of {@link Runtime.onDefect} without disturbing the caller: the error is thrown again
 * where nothing catches it.
 */
export function reportDefect(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
