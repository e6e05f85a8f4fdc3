/** Routes that another one always takes. */

import { compileSegment, parseRoutePath, type RouteSegment } from "./routes.ts";

/** How specific a segment is: the router tries what is smaller first, segment by segment from the left. */
export const SPECIFICITY: Readonly<Record<RouteSegment["type"] | "end", number>> = {
  static: 0,
  regex: 1,
  parameter: 2,
  any: 3,
  end: 4,
  rest: 5,
};

interface Route {
  readonly index: number;
  readonly path: string;
  readonly segments: readonly RouteSegment[];
}

/**
 * The routes of one forward that no request reaches because one other route takes all of theirs.
 *
 * @param paths in the order of the file; those that are not well formed are passed over
 * @returns indexes of `paths`, and the path that takes it
 */
export function findShadowed(
  paths: readonly unknown[],
): readonly { readonly index: number; readonly by: string }[] {
  const routes = paths.flatMap((path, index) => {
    const parsed = typeof path === "string" ? parseRoutePath(path) : undefined;
    return parsed !== undefined && "segments" in parsed ? [{ index, path: path as string, ...parsed }] : [];
  });
  // Only a route with a pattern can have others that come first and take the same; equal paths are another error.
  const patterns = routes.filter(({ segments }) => segments.some(({ type }) => type !== "static"));
  patterns.sort((a, b) => compareRoutes(a.segments, b.segments));
  // Earlier ones by their first segment: hundreds of routes with as many beginnings don't meet each other.
  const earlier = new Map<string, Route[]>();
  return patterns.flatMap((route) => {
    const own = firstOf(route);
    const takes = (candidate: Route): boolean => candidate.path !== route.path && covers(candidate, route);
    const by = earlier.get(own)?.find(takes) ?? earlier.get(PATTERN)?.find(takes);
    const same = earlier.get(own);
    if (same === undefined) earlier.set(own, [route]);
    else same.push(route);
    return by === undefined ? [] : [{ index: route.index, by: by.path }];
  });
}

/** No segment is written so. */
const PATTERN = "/";

function firstOf({ segments: [first] }: Route): string {
  return first?.type === "static" ? first.text : PATTERN;
}

/** The router's order. */
export function compareRoutes(a: readonly RouteSegment[], b: readonly RouteSegment[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = SPECIFICITY[a[i]?.type ?? "end"] - SPECIFICITY[b[i]?.type ?? "end"];
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether `a` matches every path that `b` matches. */
function covers({ segments: a }: Route, { segments: b }: Route): boolean {
  for (const [i, segment] of a.entries()) {
    if (segment.type === "rest") return true;
    const other = b[i];
    if (other === undefined || !coversSegment(segment, other)) return false;
  }
  return a.length === b.length;
}

/** Regexes that match every segment. */
const ANYTHING: ReadonlySet<string> = new Set([".*", ".+", "[^/]*", "[^/]+"]);

function coversSegment(a: RouteSegment, b: RouteSegment): boolean {
  if (b.type === "rest") return false;
  switch (a.type) {
    case "static":
      return b.type === "static" && a.text === b.text;
    case "regex":
      if (ANYTHING.has(a.source)) return true;
      if (b.type === "static") return compileSegment(a.source).test(b.text);
      return b.type === "regex" && a.source === b.source;
    default:
      // One segment, whatever it is, but not none.
      return b.type !== "static" || b.text !== "";
  }
}
