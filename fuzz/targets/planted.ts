/** A target with a defect behind two checks, each of which only coverage tells from failure: a test of the engine. */

import type { Target } from "../target.ts";
import { textOf } from "../target.ts";

export const target: Target = {
  seeds: ["hello"],
  words: [],
  limit: 64,
  check(input) {
    const text = textOf(input);
    if (text[0] === "B" && text[1] === "!") throw new Error("planted");
  },
};
