/** Which group a request goes to: a forward's routes, compiled into its Hono router. */

import { type Context, Hono, type Next } from "hono";
import type { RouteConfig } from "../config/config.ts";
import { compareRoutes } from "../config/route-advice.ts";
import { compileSegment, parseRoutePath, type RouteSegment } from "../config/routes.ts";

/** What a request was matched by. */
export interface RouteMatch {
  readonly group: string;
  /** The route's pattern as written; absent for the forward's own group. */
  readonly pattern?: string;
  readonly stripPrefix?: string;
}

/** What a routed request carries through the router: its path as matched against, and what to do with its match. */
export interface Routed {
  /** Decoded path, for matching only. */
  readonly routingPath: string;
  readonly route: (match: RouteMatch) => Response | Promise<Response>;
}

/** A forward's router. Its handlers do nothing but name the match; what then happens is the request's own. */
export type Router = Hono<{ Bindings: Routed }>;

/**
 * Compiles routes into a Hono app. They are ordered by specificity, segment by segment from the left: static, regex,
 * `:name`, `*`; what none takes goes to `fallback`.
 */
export function createRouter(routes: readonly RouteConfig[], fallback: string): Router {
  const app: Router = new Hono<{ Bindings: Routed }>({
    getPath: (_request, options) => hideColons((options as { readonly env: Routed }).env.routingPath),
  });
  const parsed = routes.map((route) => ({ route, segments: parse(route.path) }));
  parsed.sort((a, b) => compareRoutes(a.segments, b.segments));
  for (const { route, segments } of parsed) register(app, route, segments);
  const unmatched: RouteMatch = { group: fallback };
  app.notFound((c) => c.env.route(unmatched));
  app.onError((error) => {
    throw error;
  });
  return app;
}

function register(
  app: Router,
  { path, group, stripPrefix }: RouteConfig,
  segments: readonly RouteSegment[],
): void {
  const match: RouteMatch = { group, pattern: path, ...(stripPrefix !== undefined && { stripPrefix }) };
  const regexes = segments.flatMap((segment, at) =>
    segment.type === "regex" ? [{ at, regex: compileSegment(segment.source) }] : [],
  );
  // Hono lets a parameter's own regex run across slashes, so each is a plain parameter there and tested here.
  const matches = (routingPath: string): boolean => {
    const parts = routingPath.split("/");
    return regexes.every(({ at, regex }) => regex.test(parts[at + 1] ?? ""));
  };
  const handler =
    regexes.length === 0
      ? (c: Context<{ Bindings: Routed }>) => c.env.route(match)
      : (c: Context<{ Bindings: Routed }>, next: Next) =>
          matches(c.env.routingPath) ? c.env.route(match) : next();
  app.all(
    `/${segments.map(honoSegment).join("/")}`,
    handler as (c: Context<{ Bindings: Routed }>) => Response,
  );
}

/** A `*` in the middle is a parameter too: where `/*` follows, Hono's own `*` wants something in its place. */
function honoSegment(segment: RouteSegment, at: number): string {
  switch (segment.type) {
    case "static":
      return hideColons(routingPath(segment.text));
    case "regex":
    case "parameter":
    case "any":
      return `:p${at}`;
    case "rest":
      return "*";
  }
}

/**
 * Hono may take a colon inside a static segment (`gemini:generateContent`) for the beginning of a parameter, so it sees
 * a lone surrogate instead, which no decoded path can hold.
 */
function hideColons(path: string): string {
  return path.replaceAll(":", "\ud800");
}

/** A route's path, whose syntax the config has checked. */
function parse(path: string): readonly RouteSegment[] {
  const parsed = parseRoutePath(path);
  if ("problem" in parsed) throw new TypeError(`${path}: ${parsed.problem}`);
  return parsed.segments;
}

/** A path as routes are matched against it: decoded as far as it can be. */
export function routingPath(path: string): string {
  if (!path.includes("%")) return path;
  return path.replace(/%[\da-f]{2}(?:%[\da-f]{2})*/gi, (run) => {
    if (/%2f/i.test(run)) return run;
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
