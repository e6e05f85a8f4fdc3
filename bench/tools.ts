/** Programs of the system that benchmarks need. */

export function missingTools(names: readonly string[]): readonly string[] {
  return names.filter((name) => Bun.which(name) === null);
}
