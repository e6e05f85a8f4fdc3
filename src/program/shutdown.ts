/** The way out: tell load balancers, stop accepting, let requests finish, cut what is left. */

import type { Clock } from "../base/clock.ts";
import type { Forward } from "../forward/app.ts";
import type { Log } from "../log/log.ts";
import type { Listener } from "../runtime/runtime.ts";

export interface ShutdownOptions {
  /** Milliseconds that running requests get. */
  readonly timeout: number;
  /** Milliseconds that new requests are still taken, while /ready already says no. */
  readonly drainDelay: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Drains the forwards.
 *
 * @returns how many requests were cut because they did not end in time
 */
export async function shutdown(
  forwards: readonly Forward[],
  listeners: readonly Listener[],
  { timeout, drainDelay, clock, log }: ShutdownOptions,
): Promise<number> {
  const running = (): number => forwards.reduce((sum, forward) => sum + forward.running, 0);
  if (drainDelay > 0) await new Promise<void>((resolve) => clock.after(drainDelay, resolve));
  log.info("draining", { running: running() });
  const timeUp = deadline(clock, timeout);
  const drained = Promise.all(listeners.map((listener) => listener.drain()));
  const isInTime = await Promise.race([drained.then(() => true), timeUp.promise.then(() => false)]);
  timeUp.cancel();
  // Requests whose clients have just left may still be ending: those are not cut.
  const cut = isInTime ? 0 : running();
  if (cut > 0) log.warn("requests were cut", { running: cut });
  await Promise.all(listeners.map((listener) => listener.close()));
  return cut;
}

function deadline(
  clock: Clock,
  ms: number,
): { readonly promise: Promise<void>; readonly cancel: () => void } {
  let cancel = (): void => {};
  const promise = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  return { promise, cancel: () => cancel() };
}
