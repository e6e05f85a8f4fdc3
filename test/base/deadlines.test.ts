import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDeadlines, TICK } from "../../src/base/deadlines.ts";
import { createFakeClock } from "../support/fake-clock.ts";

describe("deadlines", () => {
  it("fire once, never early and at most two ticks late", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 20 }), async (delays) => {
        const clock = createFakeClock();
        const deadlines = createDeadlines(clock);
        const fired: number[] = [];
        for (const ms of delays) {
          const due = clock.now() + ms;
          deadlines.start(ms, () => fired.push(clock.now() - due));
          await clock.advance(7);
        }
        await clock.advance(4000);
        expect(fired).toHaveLength(delays.length);
        for (const late of fired) {
          expect(late).toBeGreaterThanOrEqual(0);
          expect(late).toBeLessThanOrEqual(2 * TICK);
        }
        expect(deadlines.size).toBe(0);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it("can be moved later again and again without firing", async () => {
    const clock = createFakeClock();
    let fired = 0;
    const deadline = createDeadlines(clock).start(100, () => {
      fired += 1;
    });
    for (let i = 0; i < 50; i += 1) {
      await clock.advance(60);
      deadline.restart(100);
    }
    expect(fired).toBe(0);
    await clock.advance(200);
    expect(fired).toBe(1);
  });

  it("can be moved earlier", async () => {
    const clock = createFakeClock();
    let at: number | undefined;
    const deadline = createDeadlines(clock).start(10_000, () => {
      at = clock.now();
    });
    deadline.restart(100);
    await clock.advance(300);
    expect(at).toBeGreaterThanOrEqual(100);
    expect(at).toBeLessThanOrEqual(100 + 2 * TICK);
  });

  it("that are cancelled never fire and leave no timer", async () => {
    const clock = createFakeClock();
    const deadlines = createDeadlines(clock);
    const deadline = deadlines.start(100, () => {
      throw new Error("fired");
    });
    deadline.cancel();
    deadline.cancel();
    expect(deadlines.size).toBe(0);
    expect(clock.pending).toBe(0);
    await clock.advance(1000);
  });

  it("can be restarted after they were cancelled or fired", async () => {
    const clock = createFakeClock();
    const deadlines = createDeadlines(clock);
    let fired = 0;
    const deadline = deadlines.start(50, () => {
      fired += 1;
    });
    deadline.cancel();
    deadline.restart(50);
    await clock.advance(150);
    deadline.restart(50);
    await clock.advance(150);
    expect(fired).toBe(2);
    expect(deadlines.size).toBe(0);
  });

  it("may be started, moved and cancelled while others expire, and still share one timer", async () => {
    const clock = createFakeClock();
    const deadlines = createDeadlines(clock);
    const fired: string[] = [];
    const doomed = deadlines.start(75, () => fired.push("doomed"));
    const moved = deadlines.start(75, () => fired.push(`moved at ${clock.now()}`));
    deadlines.start(50, () => {
      fired.push("first");
      deadlines.start(100, () => fired.push("started inside"));
      doomed.cancel();
      moved.restart(200);
    });
    deadlines.start(75, () => fired.push("same time"));
    deadlines.start(150, () => fired.push("later"));
    await clock.advance(40);
    // The timer comes late: several slots are due at once.
    clock.skip(85);
    await clock.advance(10);
    expect(fired).toEqual(["first", "same time"]);
    expect(clock.pending).toBe(1);
    await clock.advance(1000);
    expect(fired.slice(2)).toEqual(["later", "started inside", "moved at 350"]);
    expect([deadlines.size, clock.pending]).toEqual([0, 0]);
  });

  it("go on when one of them throws", async () => {
    const clock = createFakeClock();
    const deadlines = createDeadlines(clock);
    let fired = 0;
    deadlines.start(25, () => {
      throw new Error("a defect");
    });
    deadlines.start(100, () => {
      fired += 1;
    });
    await expect(clock.advance(80)).rejects.toThrow("a defect");
    await clock.advance(200);
    expect(fired).toBe(1);
  });

  it("share one timer", () => {
    const clock = createFakeClock();
    const deadlines = createDeadlines(clock);
    for (let i = 0; i < 1000; i += 1) deadlines.start(i, () => {});
    expect(clock.pending).toBe(1);
  });
});
