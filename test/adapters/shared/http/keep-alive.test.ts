import { expect, it } from "vitest";
import { idleLimit } from "../../../../adapters/shared/http/keep-alive.ts";

it.each([
  ["timeout=5", 4_000],
  ["timeout=5, max=100", 4_000],
  ["max=100, timeout=5", 4_000],
  ["max=100,timeout=5", 4_000],
  ["Timeout=5", 4_000],
  ["TIMEOUT=5", 4_000],
  ["timeout = 5", 4_000],
  ["  timeout=  5  ", 4_000],
  ['timeout="5"', 4_000],
  ["timeout=5;max=2", 4_000],
  ["timeout=5s", 4_000],
  ["timeout=5, timeout=3", 2_000],
  ["timeout=2", 1_000],
  ["timeout=1", 0],
  ["timeout=0", 0],
  ["timeout=999999", 999_998_000],
  ["timeout=-5", undefined],
  ["timeout=abc", undefined],
  ["timeout=", undefined],
  ["timeout", undefined],
  ["max=100", undefined],
  ["no-timeout=5", undefined],
  ["300", undefined],
  ["", undefined],
])("Keep-Alive: %s allows for %s ms of idleness", (field, limit) => {
  const found = idleLimit(field);
  if (limit === undefined) expect(found).toBeUndefined();
  else expect(found).toBe(limit);
});
