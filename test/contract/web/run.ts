/**
 * Runs every row inside Bun or Deno, on the runtime's own objects or on those of its adapter (where the argument is
 * `adapter`): one line of JSON a row.
 */

import process from "node:process";
import { deno } from "./deno.ts";
import { native } from "./native.ts";
import { ROWS, runRow } from "./rows.ts";

/** What one line says. */
export interface Ran {
  readonly name: string;
  readonly error?: string | undefined;
}

const maker = process.argv[2] === "adapter" ? deno : native;
for (const name of Object.keys(ROWS)) {
  const ran: Ran = { name, error: await runRow(name, maker) };
  process.stdout.write(`${JSON.stringify(ran)}\n`);
}
