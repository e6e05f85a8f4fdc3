import { describe, expect, it } from "vitest";
import { createCoolDown } from "../../src/upstream/cool-down.ts";

describe("a cool-down", () => {
  it("lasts as long as it was asked for, and at most ten minutes", () => {
    const coolDown = createCoolDown();
    expect(coolDown.availableIn(0)).toBe(0);
    coolDown.cool(7_000, 1_000);
    expect(coolDown.availableIn(3_000)).toBe(5_000);
    expect(coolDown.availableIn(8_000)).toBe(0);
    coolDown.cool(86_400_000, 10_000);
    expect(coolDown.availableIn(10_000)).toBe(600_000);
  });

  it("is not shortened by a shorter one", () => {
    const coolDown = createCoolDown();
    coolDown.cool(60_000, 0);
    coolDown.cool(1_000, 10_000);
    expect(coolDown.availableIn(10_000)).toBe(50_000);
  });

  it("of nothing is none, so that nobody starts slowly after it", () => {
    const coolDown = createCoolDown();
    coolDown.cool(0, 5);
    expect(coolDown.until).toBe(Number.NEGATIVE_INFINITY);
  });

  it("for refused credentials doubles from one minute to ten", () => {
    const coolDown = createCoolDown();
    let now = 0;
    const waits = Array.from({ length: 6 }, () => {
      coolDown.refused(now);
      const wait = coolDown.availableIn(now);
      now += wait;
      return wait;
    });
    expect(waits).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  });

  it("does not double for requests that were running already", () => {
    const coolDown = createCoolDown();
    for (let i = 0; i < 50; i += 1) coolDown.refused(i);
    coolDown.refused(60_000);
    expect(coolDown.availableIn(60_000)).toBe(120_000);
  });

  it("begins at one minute again once credentials were taken by a later request", () => {
    const coolDown = createCoolDown();
    coolDown.refused(0);
    coolDown.accepted(0);
    coolDown.refused(60_000);
    expect(coolDown.availableIn(60_000)).toBe(120_000);
    coolDown.accepted(180_000);
    coolDown.refused(200_000);
    expect(coolDown.availableIn(200_000)).toBe(60_000);
  });
});
