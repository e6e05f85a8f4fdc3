import { writeSync } from "node:fs";

/** Writes a line to standard error at once, so that it is out even if the process ends next. */
export function writeError(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // Closed or full: there is no other place to report it.
  }
}
