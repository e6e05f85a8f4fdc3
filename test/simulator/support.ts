import { type Clock, systemClock } from "../../src/base/clock.ts";
import type { SimulatorOptions } from "../../src/simulator/options.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";

export interface FakeClock extends Clock {
  /** Timers not yet due. */
  readonly pending: number;
  /** Lets `ms` pass: timers fire in order, and what waits for them runs. */
  advance(ms: number): Promise<void>;
}

/** A clock that stands still at 2024-01-01 until it is advanced. */
export function createFakeClock(): FakeClock {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => now,
    wall: () => Date.UTC(2024, 0, 1) + now,
    after(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    get pending() {
      return timers.size;
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        await settle();
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        now = next.at;
        timers.delete(next);
        next.callback();
      }
      now = end;
      await settle();
    },
  };
}

/** Runs all that is ready to run. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export type Sent = { readonly [key: string]: unknown };

/** A simulator that is called in process. */
export function simulate(options: SimulatorOptions = {}, clock: Clock = systemClock) {
  const app = createSimulator(options, { clock });
  const post = async (
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ) =>
    app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
      ...(signal && { signal }),
    });
  return { app, post };
}

/** The data of server-sent events, parsed but for `[DONE]`, with their event names. */
export function parseEvents(text: string): { name: string | undefined; data: unknown }[] {
  return text
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      const name = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1] ?? "";
      return { name, data: data === "[DONE]" ? data : JSON.parse(data) };
    });
}

export const WEATHER = {
  type: "object",
  properties: {
    city: { type: "string" },
    unit: { enum: ["celsius", "fahrenheit"] },
    days: { type: "integer", minimum: 1, maximum: 5 },
  },
  required: ["city"],
};
