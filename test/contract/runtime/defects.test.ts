/** A defect of the program's own costs no client anything: the process goes on, logs it and counts it. */

import { join } from "node:path";
import { expect } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { type BystanderFixture, besideAStream, defectsOf } from "../../support/bystander.ts";
import { contract, type Kit, simpleConfig } from "../../support/contract.ts";
import { ROOT, startTaskFlags } from "../../support/program-command.ts";
import { eventually } from "../../support/wait.ts";

const PLANT = join(ROOT, "test/support/plant-defects.mjs");

/** Each runtime's own way to load a module before a program. */
const PRELOADS = {
  env: { NODE_OPTIONS: `--import=file://${PLANT}`, BUN_OPTIONS: `--preload=${PLANT}` },
  denoFlags: [...startTaskFlags(), `--preload=${PLANT}`],
};

const PLANTED = [
  "Error: planted in a timer",
  "Error: planted in a microtask",
  "Error: planted in an emitter",
  "Error: planted in a promise",
];

type Fixture = Omit<BystanderFixture, "connect">;

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  up.otherwise(ok());
  return { up, proxy: await start(simpleConfig({ upstreams: [["only", up.url]] }), PRELOADS) };
}

contract<Fixture>("defects", setup, [
  {
    name: "an error that no code catches is logged with its stack and counted, and everything goes on",
    async run(fixture) {
      const { proxy } = fixture;
      const before = await defectsOf(proxy);
      await besideAStream(
        fixture,
        async () => {
          proxy.signal("SIGUSR2");
          await eventually(async () => (await defectsOf(proxy)) >= before + 5, 5_000, "five defects");
        },
        5,
      );
      for (const message of PLANTED) {
        const { level, error } = await proxy.logged(
          (line) => (line["error"] as { message?: string } | undefined)?.message === message,
        );
        expect([level, (error as { stack?: string }).stack]).toEqual([
          "error",
          expect.stringContaining("plant-defects"),
        ]);
      }
      const thrown = await proxy.logged((line) => line["error"] === "planted without an error");
      expect(thrown["level"]).toBe("error");
    },
  },
]);
