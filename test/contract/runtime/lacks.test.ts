import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as lacks from "./lacks.ts";

const file = join(import.meta.dirname, "../../../README.md");

test.each(Object.entries(lacks))("the README says why %s is skipped", (_name, skips) => {
  const readme = existsSync(file) ? readFileSync(file, "utf8") : "";
  const missing = Object.values(skips).filter((reason) => !readme.includes(reason));
  expect(missing).toEqual([]);
});
