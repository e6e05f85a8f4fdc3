import { describe, expect, it } from "vitest";
import type { Forward } from "../../src/forward/app.ts";
import { shutdown } from "../../src/program/shutdown.ts";
import type { Listener } from "../../src/runtime/runtime.ts";
import { createFakeClock, settle } from "../support/fake-clock.ts";

function stage(running: number[]) {
  const clock = createFakeClock();
  const events: string[] = [];
  let empty = (): void => {};
  const emptied = new Promise<void>((resolve) => {
    empty = resolve;
  });
  const listener: Listener = {
    port: 1,
    drain() {
      events.push(`drain at ${clock.now()}`);
      return emptied;
    },
    async close() {
      events.push(`close at ${clock.now()}`);
    },
  };
  const said: unknown[] = [];
  const note = (message: string, fields?: object) => said.push({ message, ...fields });
  const log = { debug: note, info: note, warn: note, error: note, access() {} };
  const forwards = running.map((_, i): Forward => {
    const rest = { config: {} as Forward["config"], handler: () => new Response(), notAccepted() {} };
    return Object.defineProperty({ ...rest, running: 0 }, "running", { get: () => running[i] });
  });
  return { clock, events, said, log, listener, forwards, empty: () => empty() };
}

describe("a shutdown", () => {
  it("ends as soon as no connection is left", async () => {
    const { clock, events, said, log, listener, forwards, empty } = stage([0]);
    const ending = shutdown(forwards, [listener], { timeout: 30_000, drainDelay: 0, clock, log });
    await clock.advance(100);
    empty();
    expect(await ending).toBe(0);
    expect(events).toEqual(["drain at 0", "close at 100"]);
    expect(said).toEqual([{ message: "draining", running: 0 }]);
    expect(clock.pending).toBe(0);
  });

  it("cuts nothing where all clients have left and their requests are still ending", async () => {
    const { clock, said, log, listener, forwards, empty } = stage([1]);
    const ending = shutdown(forwards, [listener], { timeout: 5000, drainDelay: 0, clock, log });
    empty();
    expect(await ending).toBe(0);
    expect(said).toEqual([{ message: "draining", running: 1 }]);
  });

  it("cuts and counts what still runs when the time is up", async () => {
    const { clock, events, said, log, listener, forwards } = stage([2, 1]);
    const ending = shutdown(forwards, [listener], { timeout: 5000, drainDelay: 0, clock, log });
    await clock.advance(4999);
    expect(events).toEqual(["drain at 0"]);
    await clock.advance(1);
    expect(await ending).toBe(3);
    expect(events).toEqual(["drain at 0", "close at 5000"]);
    expect(said).toContainEqual({ message: "requests were cut", running: 3 });
  });

  it("takes new requests for the drain delay first, and only then begins to count the time", async () => {
    const { clock, events, log, listener, forwards } = stage([1]);
    const ending = shutdown(forwards, [listener], { timeout: 1000, drainDelay: 500, clock, log });
    await clock.advance(499);
    expect(events).toEqual([]);
    await clock.advance(1000);
    expect(events).toEqual(["drain at 500"]);
    await clock.advance(1);
    await settle();
    expect(await ending).toBe(1);
    expect(events).toEqual(["drain at 500", "close at 1500"]);
  });
});
