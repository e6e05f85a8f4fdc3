import { describe, expect, it } from "vitest";
import { holdIdleTimer } from "../../../adapters/bun/idle-timer.ts";

const IDLE = 75;

describe("the idle timer of a connection", () => {
  it("is off from the begin, and back when the handler has ended", () => {
    const set: number[] = [];
    const hold = holdIdleTimer((seconds) => set.push(seconds), IDLE);
    expect(set).toEqual([0]);
    hold.release();
    expect(set).toEqual([0, IDLE]);
  });

  it("stays off until the last body has ended", () => {
    const set: number[] = [];
    const hold = holdIdleTimer((seconds) => set.push(seconds), IDLE);
    hold.extend();
    hold.extend();
    hold.release();
    hold.release();
    expect(set).toEqual([0]);
    hold.release();
    expect(set).toEqual([0, IDLE]);
  });
});
