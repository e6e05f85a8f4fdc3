/** Runs every row on the runtime's own objects, inside Bun or Deno: one line of JSON a row. */

import process from "node:process";
import { native } from "./native.ts";
import { ROWS, runRow } from "./rows.ts";

/** What one line says. */
export interface Ran {
  readonly name: string;
  readonly error?: string | undefined;
}

for (const name of Object.keys(ROWS)) {
  const ran: Ran = { name, error: await runRow(name, native) };
  process.stdout.write(`${JSON.stringify(ran)}\n`);
}
