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
      coolDown.refused("account_empty", now);
      const wait = coolDown.availableIn(now);
      now += wait;
      return wait;
    });
    expect(waits).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  });

  it("does not double for requests that were running already", () => {
    const coolDown = createCoolDown();
    for (let i = 0; i < 50; i += 1) coolDown.refused("account_empty", i);
    coolDown.refused("account_empty", 60_000);
    expect(coolDown.availableIn(60_000)).toBe(120_000);
  });

  it("begins at one minute again once credentials were taken by a later request", () => {
    const coolDown = createCoolDown();
    coolDown.refused("account_empty", 0);
    coolDown.accepted(0);
    coolDown.refused("account_empty", 60_000);
    expect(coolDown.availableIn(60_000)).toBe(120_000);
    coolDown.accepted(180_000);
    coolDown.refused("account_empty", 200_000);
    expect(coolDown.availableIn(200_000)).toBe(60_000);
  });

  it("for 401s begins at the third in a row", () => {
    const coolDown = createCoolDown();
    coolDown.unauthorized(0);
    coolDown.unauthorized(1);
    expect(coolDown.availableIn(1)).toBe(0);
    coolDown.unauthorized(2);
    expect(coolDown.availableIn(2)).toBe(60_000);
  });

  it("doubles with the first 401 after it, and needs three again after a 2xx", () => {
    const coolDown = createCoolDown();
    for (const now of [0, 1, 2, 60_002]) coolDown.unauthorized(now);
    expect(coolDown.availableIn(60_002)).toBe(120_000);
    coolDown.accepted(180_002);
    for (const now of [200_000, 200_001]) coolDown.unauthorized(now);
    expect(coolDown.availableIn(200_001)).toBe(0);
    coolDown.unauthorized(200_002);
    expect(coolDown.availableIn(200_002)).toBe(60_000);
  });

  it("does not begin for 401s with a 2xx between, however many", () => {
    const coolDown = createCoolDown();
    for (let i = 0; i < 100; i += 1) {
      coolDown.unauthorized(i);
      coolDown.unauthorized(i);
      coolDown.accepted(i);
    }
    expect(coolDown.until).toBe(Number.NEGATIVE_INFINITY);
  });

  it("for refused credentials does not begin while the upstream is indispensable, and begins at one minute after", () => {
    let isIndispensable = true;
    const coolDown = createCoolDown({ isIndispensable: () => isIndispensable });
    for (let i = 0; i < 5; i += 1) coolDown.refused("account_empty", i);
    for (let i = 0; i < 5; i += 1) coolDown.unauthorized(i);
    expect(coolDown.availableIn(5)).toBe(0);
    isIndispensable = false;
    coolDown.unauthorized(6);
    expect(coolDown.availableIn(6)).toBe(60_000);
  });

  it("that the upstream asked for begins though it is indispensable", () => {
    const coolDown = createCoolDown({ isIndispensable: () => true });
    coolDown.cool(1_000, 0);
    expect(coolDown.availableIn(0)).toBe(1_000);
  });

  it("tells why it begins and for how long, once", () => {
    const told: unknown[] = [];
    const coolDown = createCoolDown({ onBegin: (reason, ms) => void told.push([reason, ms]) });
    coolDown.cool(0, 0);
    coolDown.cool(7_000, 0);
    coolDown.cool(7_000, 1_000);
    coolDown.cool(86_400_000, 8_000);
    for (const now of [700_000, 700_001, 700_002]) coolDown.unauthorized(now);
    coolDown.unauthorized(700_003);
    coolDown.refused("invalid_key", 760_002);
    coolDown.cool(1_000, 760_003);
    coolDown.refused("account_empty", 880_002);
    expect(told).toEqual([
      ["retry_after", 7_000],
      ["retry_after", 600_000],
      ["unauthorized", 60_000],
      ["invalid_key", 120_000],
      ["account_empty", 240_000],
    ]);
  });

  it("tells nothing of refused credentials that do not lengthen it", () => {
    const told: unknown[] = [];
    const coolDown = createCoolDown({ onBegin: (reason) => void told.push(reason) });
    coolDown.cool(300_000, 0);
    coolDown.refused("account_empty", 1);
    expect([told, coolDown.availableIn(1)]).toEqual([["retry_after"], 299_999]);
  });
});
