import { describe, expect, it } from "vitest";
import { createPseudonym, loopOf } from "../../src/forward/loop.ts";

const NAME = "llmproxy-0123456789-1";
const isLoop = (via: string | undefined): boolean =>
  loopOf(new Headers(via === undefined ? {} : { via }), NAME) !== undefined;

describe("a request that comes back", () => {
  it("names this forward among those that it went through", () => {
    expect(isLoop(`1.1 ${NAME}`)).toBe(true);
    expect(isLoop(`1.0 fred, 1.1 ${NAME} (LLMProxy),HTTP/2  other`)).toBe(true);
    expect(isLoop(`1.0 fred\t,\t1.1\t${NAME}`)).toBe(true);
  });

  it("is no other one", () => {
    expect(isLoop(undefined)).toBe(false);
    expect(isLoop("1.1 vegur, 1.1 llmproxy-0123456789-0")).toBe(false);
    expect(isLoop(`1.1 ${NAME}0`)).toBe(false);
    expect(isLoop(`1.1 other (${NAME})`)).toBe(false);
  });

  it("is known by a name that is a token and differs from process to process", () => {
    expect(createPseudonym(() => 0)).toBe("llmproxy-0000000000");
    expect(createPseudonym(() => 1 - 2 ** -53)).toBe("llmproxy-zzzzzzzzzz");
    expect(createPseudonym(Math.random)).not.toBe(createPseudonym(Math.random));
  });
});
