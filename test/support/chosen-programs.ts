import { PROGRAM_NAMES, type ProgramName } from "./program-command.ts";

/**
 * The programs to run: all, or those that are named (`node,bun`).
 *
 * @param names @default the environment's PROGRAMS
 */
export function chosenPrograms(names = process.env["PROGRAMS"]): readonly ProgramName[] {
  const wanted = names?.split(",").map((name) => name.trim());
  if (wanted === undefined) return PROGRAM_NAMES;
  for (const name of wanted) {
    if (!PROGRAM_NAMES.some((known) => known === name))
      throw new Error(`PROGRAMS: there is no program ${name}`);
  }
  return PROGRAM_NAMES.filter((name) => wanted.includes(name));
}
