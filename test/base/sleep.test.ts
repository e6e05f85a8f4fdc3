import { describe, expect, it } from "vitest";
import { sleep } from "../../src/base/sleep.ts";
import { createFakeClock } from "../support/fake-clock.ts";

describe("sleeping", () => {
  it("takes its time", async () => {
    const clock = createFakeClock();
    let slept: boolean | undefined;
    const sleeping = sleep(100, clock, new AbortController().signal).then((whole) => {
      slept = whole;
    });
    await clock.advance(99);
    expect(slept).toBeUndefined();
    await clock.advance(1);
    await sleeping;
    expect(slept).toBe(true);
  });

  it("ends at once when it is broken off, before it begins or later, and leaves no timer", async () => {
    const clock = createFakeClock();
    const client = new AbortController();
    const sleeping = sleep(100, clock, client.signal);
    client.abort();
    expect(await sleeping).toBe(false);
    expect(await sleep(100, clock, client.signal)).toBe(false);
    expect(clock.pending).toBe(0);
  });
});
