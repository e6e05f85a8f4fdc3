/**
 * `npm run bench:guard [-- --record]`: fails when a program costs clearly more × RAW than `guard.json` says. What seems
 * to is measured again before it counts. `--record` writes what it sees.
 */

import { parseArgs } from "node:util";
import { createLab } from "../lab.ts";
import { median } from "../measure.ts";
import { OWN } from "../programs.ts";
import { missingTools } from "../tools.ts";
import { type Costs, createCosts } from "./costs.ts";
import { COSTS, type Cost, limitOf, record, recorded } from "./limits.ts";

const ROUNDS = 7;
/** More, for what is over its limit. */
const SECOND_LOOK = 8;

const { values } = parseArgs({ options: { record: { type: "boolean", default: false } } });

/** One program's cost, and all that was seen of it. */
interface Row {
  readonly name: string;
  readonly cost: Cost;
  readonly limit: number;
  readonly seen: number[];
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function look(costs: Costs, cost: Cost, rows: readonly Row[]): Promise<void> {
  const own = rows.filter((row) => row.cost === cost);
  const ratios = await costs.ratios(
    cost,
    own.map(({ name }) => name),
  );
  for (const { name, seen } of own) seen.push(ratios.get(name) ?? Number.NaN);
}

const isOver = ({ seen, limit }: Row): boolean => !(median(seen) <= limit);

async function guard(costs: Costs): Promise<boolean> {
  const known = values.record ? {} : recorded();
  const rounds = values.record ? ROUNDS + SECOND_LOOK : ROUNDS;
  const rows = OWN.flatMap(({ name }) =>
    COSTS.map((cost): Row => ({ name, cost, limit: limitOf(known, name, cost), seen: [] })),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const cost of COSTS) await look(costs, cost, rows);
  }
  const doubtful = rows.filter(isOver);
  for (let round = 0; round < SECOND_LOOK; round += 1) {
    for (const cost of COSTS) await look(costs, cost, doubtful);
  }
  for (const row of rows) {
    const { name, cost, limit, seen } = row;
    const each = seen.map((ratio) => ratio.toFixed(2)).join(", ");
    const most = Number.isFinite(limit) ? ` (at most ${limit.toFixed(2)})` : "";
    say(
      `${isOver(row) ? "TOO DEAR" : "ok"}  ${name}, CPU a ${cost}: ${median(seen).toFixed(2)} × RAW${most}; ${each}`,
    );
  }
  if (values.record) {
    const ratioOf = (name: string, cost: Cost): number =>
      Number(median(rows.find((row) => row.name === name && row.cost === cost)?.seen ?? []).toFixed(2));
    record(
      Object.fromEntries(
        OWN.map(({ name }) => [name, { request: ratioOf(name, "request"), chunk: ratioOf(name, "chunk") }]),
      ),
    );
  }
  return rows.some(isOver);
}

if (missingTools(["nginx"]).length > 0) {
  say("bench:guard is skipped: there is no nginx here");
  process.exit(0);
}
const lab = createLab();
let isDear = true;
try {
  isDear = await guard(await createCosts(lab));
} finally {
  await lab.close();
}
process.exit(isDear ? 1 : 0);
