/** A program that is made to fail inside and to crash. */

import { type ProgramName, startTaskFlags } from "../../support/program-command.ts";
import type { RunOptions } from "../../support/programs.ts";

/** The first SIGUSR2 makes a header rule fail, with an error that carries the request's fields; the second one crashes. */
const SABOTAGE = `
const { some } = Array.prototype;
process.once("SIGUSR2", () => {
  const crash = () => { throw new Error("crashed on purpose"); };
  setImmediate(() => process.once("SIGUSR2", crash));
  Array.prototype.some = function (...args) {
    const isFields = Array.isArray(this[0]) && this[0][0] === "user-agent";
    if (isFields) throw Object.assign(new Error("sabotaged"), { fields: [...this] });
    return some.apply(this, args);
  };
});
`;

/** A program with the saboteur loaded before it. */
export function sabotaged(program: ProgramName, options: RunOptions): RunOptions {
  const file = "./sabotage.cjs";
  const files = {
    ...options.files,
    [file]: SABOTAGE,
  };
  switch (program) {
    case "node":
      return { files, env: { ...options.env, NODE_OPTIONS: `--require ${file}` } };
    case "deno":
      return { ...options, files, denoFlags: [...startTaskFlags(), `--preload=${file}`] };
    case "bun":
    case "binary":
      return { files, env: { ...options.env, BUN_OPTIONS: `--preload ${file}` } };
  }
}
