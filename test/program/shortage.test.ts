import { expect, it } from "vitest";
import { createShortageWarning } from "../../src/program/shortage.ts";
import { createFakeClock } from "../support/fake-clock.ts";

it("a shortage of descriptors is told once a minute, whichever listener meets it", async () => {
  const clock = createFakeClock();
  const said: unknown[] = [];
  const warn = createShortageWarning(
    { warn: (_message, fields) => void said.push(fields) },
    clock,
    () => 128,
  );
  warn("main");
  warn("main");
  warn("admin");
  await clock.advance(59_999);
  warn("main");
  expect(said).toEqual([{ listener: "main", limit: 128 }]);
  await clock.advance(1);
  warn("admin");
  expect(said).toEqual([
    { listener: "main", limit: 128 },
    { listener: "admin", limit: 128 },
  ]);
});
