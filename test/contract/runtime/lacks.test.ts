import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as lacks from "./lacks.ts";

const file = join(import.meta.dirname, "../../../docs/runtimes.md");

test.each(Object.entries(lacks))("docs/runtimes.md says why %s is skipped", (_name, skips) => {
  const table = existsSync(file) ? readFileSync(file, "utf8") : "";
  const missing = Object.values(skips).filter((reason) => !table.includes(reason));
  expect(missing).toEqual([]);
});
