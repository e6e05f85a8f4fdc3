import type { Clock } from "./clock.ts";

/** Waits `ms`; resolves false at once when `signal` aborts first. */
export function sleep(ms: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (slept: boolean): void => {
      cancel();
      signal.removeEventListener("abort", onAbort);
      resolve(slept);
    };
    const onAbort = (): void => end(false);
    const cancel = clock.after(ms, () => end(true));
    signal.addEventListener("abort", onAbort);
  });
}
