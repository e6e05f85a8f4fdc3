/** What a strategy chose. Throws a RangeError where nothing was: the caller gave it nothing to choose from. */
export function chosen<C>(candidate: C | undefined): C {
  if (candidate === undefined) throw new RangeError("No candidate to choose from.");
  return candidate;
}
