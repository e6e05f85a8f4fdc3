import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/balance/random.ts";
import { candidates, picks, scripted } from "./kit.ts";

describe("random", () => {
  it("gives each an equal part of the unit interval, whatever its weight", () => {
    const random = scripted(0, 0.2499, 0.25, 0.5, 0.7499, 0.75, 0.9999);
    expect(picks(createRandom({ random }), candidates(1, 9, 9, 9), 7).join(" ")).toBe("u0 u0 u1 u2 u2 u3 u3");
  });
});
