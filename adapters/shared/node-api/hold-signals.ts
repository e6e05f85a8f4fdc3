import process from "node:process";

/** Signals whose default action ends the process, or opens the debugger of Node and Deno (SIGUSR1). */
const HELD = ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/**
 * Keeps SIGHUP, SIGUSR1 and SIGUSR2 from ending the process or leaving its debugger open. Call it before anything else
 * is loaded: until then they have their default action. SIGPIPE needs no handler, since all runtimes ignore it from
 * their start.
 *
 * @param onDebug called at each SIGUSR1, for a runtime that opens its debugger although the signal has a handler
 */
export function holdSignals(onDebug: () => void = () => undefined): void {
  for (const signal of HELD) {
    try {
      process.on(signal, signal === "SIGUSR1" ? onDebug : () => undefined);
    } catch {
      // Windows does not have all of them.
    }
  }
}
