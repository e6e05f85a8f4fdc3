/** A Dockerfile, as far as tests look into it. */

export interface Instruction {
  readonly name: string;
  /** In one line. */
  readonly rest: string;
}

/** The instructions of each stage; a stage begins with its FROM. */
export function stagesOf(text: string): readonly (readonly Instruction[])[] {
  const lines = text
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter((line) => !/^\s*(?:#|$)/.test(line));
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, name = "", rest = ""] = /^\s*([A-Za-z]+)\s+(.*)$/.exec(line) ?? [];
    if (name.toUpperCase() === "FROM") stages.push([]);
    stages.at(-1)?.push({ name: name.toUpperCase(), rest: rest.trim() });
  }
  return stages;
}

/** What a stage says by one kind of instruction. */
export function all(stage: readonly Instruction[], name: string): readonly string[] {
  return stage.filter((one) => one.name === name).map(({ rest }) => rest);
}
