/**
 * What grows inside the process, measured on the runtime that runs this: bundled, and started by `in-process.ts` with
 * the name of the runtime and its sizes. Prints a point a line.
 */

import type { Panel } from "../panels.ts";
import type { Sizes } from "../sizes.ts";
import { measureBalance } from "./balance.ts";
import { measureRateLimit } from "./rate-limit.ts";
import { measureRoute } from "./route.ts";
import { used } from "./timing.ts";

const [runtime = "", text = "{}"] = process.argv.slice(2);
const sizes = JSON.parse(text) as Sizes;
const PICKS: Readonly<Record<string, Panel>> = { node: "pickNode", bun: "pickBun", deno: "pickDeno" };
const pickPanel = PICKS[runtime] ?? "pickNode";

function point(panel: Panel, line: string, x: number, y: number): void {
  process.stdout.write(`${JSON.stringify({ panel, line, x, y })}\n`);
}

/**
 * Bytes, after collections: Node and Deno run with `--expose-gc`. Each begins on an empty stack: Bun's collector keeps what
 * it finds traces of there.
 */
async function heapUsed(): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    await new Promise((resolve) => setTimeout(resolve));
    if (typeof Bun === "undefined") gc?.();
    else Bun.gc(true);
  }
  return process.memoryUsage().heapUsed;
}

for (const upstreams of sizes.upstreams) {
  for (const [line, micros] of measureBalance(upstreams, sizes.microMs)) {
    point(pickPanel, line, upstreams, micros);
  }
}
for (const routes of sizes.routes) point("route", runtime, routes, measureRoute(routes, sizes.microMs));
for (const addresses of sizes.addresses) {
  const { micros, heapMiB } = await measureRateLimit(addresses, sizes.microMs, heapUsed);
  point("take", runtime, addresses, micros);
  point("heap", runtime, addresses, heapMiB);
}
if (Number.isNaN(used())) throw new Error("something returned no number");
