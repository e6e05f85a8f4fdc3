import process from "node:process";
import type { Runtime } from "../../src/runtime.ts";
import { writeError } from "./write-error.ts";

/** Passes errors that no code catches to `listener`; with a listener they no longer end the process. */
export const onDefect: Runtime["onDefect"] = (listener) => {
  const tell = (error: unknown): void => {
    try {
      listener(error);
    } catch (second) {
      // Thrown from here it would end the process after all.
      writeError(`a defect could not be logged: ${String(second)}`);
    }
  };
  process.on("uncaughtException", tell);
  process.on("unhandledRejection", tell);
};

/** Takes a defect. Does not throw. */
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
