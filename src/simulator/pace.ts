import type { Clock, Random } from "../base/clock.ts";
import type { Settings } from "./options.ts";

/** Tells when the tokens of one answer are due, on a schedule fixed at the request: a slow reader catches up. */
export interface Pace {
  /** Resolves when the next token is due; rejects when the client leaves or the stream is to break off. */
  next(signal: AbortSignal): Promise<void>;
  /** Resolves when `tokens` are due at once. */
  whole(tokens: number, signal: AbortSignal): Promise<void>;
}

/** The stream was to break off here ({@link Settings.cutAfter}). */
export class CutShort extends Error {
  override readonly name = "CutShort";
}

export function createPace(settings: Settings, clock: Clock, random: Random): Pace {
  const first = clock.now() + settings.firstTokenMs + random() * settings.jitterMs;
  const gap = 1000 / settings.tokensPerSecond;
  let sent = 0;
  const due = (index: number): number => first + index * gap;
  return {
    async next(signal) {
      if (sent >= settings.cutAfter) throw new CutShort("The simulated upstream broke off.");
      await sleep(due(sent++) - clock.now(), clock, signal);
    },
    whole: (tokens, signal) => sleep(due(Math.max(0, tokens - 1)) - clock.now(), clock, signal),
  };
}

/** Resolves after `ms`, without a timer when there is nothing to wait for; rejects with the signal's reason. */
export function sleep(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason);
  if (!(ms > 0)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      stop();
      reject(signal.reason);
    };
    const stop = clock.after(ms, () => {
      signal.removeEventListener("abort", leave);
      resolve();
    });
    signal.addEventListener("abort", leave, { once: true });
  });
}
