import { describe, expect, it, vi } from "vitest";
import { createAbortController } from "../../../adapters/shared/light/signal.ts";

describe("a light signal", () => {
  // No row of the contract: a runtime's own signal has it end the process.
  it("tells everyone of an abort though a listener throws, whose error is not the aborter's to catch", () => {
    const later: (() => void)[] = [];
    const spy = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => void later.push(task));
    const controller = createAbortController();
    const told: string[] = [];
    controller.signal.onabort = () => {
      throw new Error("first");
    };
    controller.signal.addEventListener("abort", () => {
      throw new Error("second");
    });
    controller.signal.addEventListener("abort", () => told.push("third"));
    controller.abort();
    spy.mockRestore();
    expect(told).toEqual(["third"]);
    expect(later).toHaveLength(2);
    expect(later[0]).toThrow("first");
    expect(later[1]).toThrow("second");
  });
});
