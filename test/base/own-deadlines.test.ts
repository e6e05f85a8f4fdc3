import { describe, expect, it } from "vitest";
import { createOwnDeadlines } from "../../src/base/own-deadlines.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";

function watch(clock: FakeClock) {
  const deadlines = createOwnDeadlines(clock);
  const fired: number[] = [];
  const start = (ms: number) => deadlines.start(ms, () => fired.push(clock.now()));
  return { deadlines, fired, start };
}

describe("deadlines with a timer each", () => {
  it("fire once, on time", async () => {
    const clock = createFakeClock();
    const { deadlines, fired, start } = watch(clock);
    for (const ms of [300, 100, 0]) start(ms);
    expect(deadlines.size).toBe(3);
    await clock.advance(1000);
    expect(fired).toEqual([1, 100, 300]);
    expect(deadlines.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("can be moved later again and again without a new timer", async () => {
    const clock = createFakeClock();
    const { fired, start } = watch(clock);
    const deadline = start(100);
    for (let i = 0; i < 50; i += 1) {
      await clock.advance(60);
      deadline.restart(100);
      expect(clock.pending).toBe(1);
    }
    expect(fired).toEqual([]);
    await clock.advance(100);
    expect(fired).toEqual([3100]);
  });

  it("can be moved earlier", async () => {
    const clock = createFakeClock();
    const { fired, start } = watch(clock);
    start(1000).restart(10);
    await clock.advance(2000);
    expect(fired).toEqual([10]);
  });

  it("never fire early, even where timers do", async () => {
    const clock = createFakeClock();
    clock.earlyBy = 0.5;
    const { fired, start } = watch(clock);
    start(50);
    await clock.advance(100);
    expect(fired).toHaveLength(1);
    expect(fired[0]).toBeGreaterThanOrEqual(50);
  });

  it("leave no timer when cancelled, and can be started again", async () => {
    const clock = createFakeClock();
    const { deadlines, fired, start } = watch(clock);
    const deadline = start(100);
    deadline.cancel();
    deadline.cancel();
    expect(clock.pending).toBe(0);
    expect(deadlines.size).toBe(0);
    deadline.restart(100);
    await clock.advance(100);
    deadline.restart(100);
    await clock.advance(100);
    expect(fired).toEqual([100, 200]);
    expect(deadlines.size).toBe(0);
  });
});
