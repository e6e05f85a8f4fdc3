/**
 * Where a request goes: the client's path and query joined to an upstream's URL. Works on text, so that nothing is
 * re-encoded; the host always comes from the config.
 */

import { type Endpoint, endpointNameAtEnd, endpointOf } from "../llm/endpoints.ts";

/** Makes the URL for a request. `path` begins with `/`; `query` is empty or begins with `?`. */
export type TargetUrl = (path: string, query: string) => string;

/**
 * Prepares an upstream's URL once, for every request to come.
 *
 * - `fixed`: always exactly `url`.
 * - `join`: the longest run of segments that ends the base's path and begins the request's is used once:
 *   `…/v1` takes `/v1/chat/completions` and `/chat/completions` to `…/v1/chat/completions`. A base that ends in a
 *   known endpoint takes every request for the same endpoint to itself.
 *
 * The base's own query (Azure's `?api-version=…`) goes before the request's.
 */
export function createTargetUrl(url: string, mode: "join" | "fixed"): TargetUrl {
  if (mode === "fixed") return () => url;
  const { origin, path, query } = split(url);
  const join = createJoin(path);
  return (requestPath, requestQuery) => origin + join(requestPath) + joinQueries(query, requestQuery);
}

/** Finds the inference endpoint that a request path reaches at an upstream; undefined where it is none. */
export type EndpointLookup = (path: string) => Endpoint | undefined;

/**
 * Creates the lookup of endpoints for an upstream's URL. The path that the upstream gets decides. Where that is always
 * the same path and not a known endpoint, the client's path decides.
 */
export function createEndpointLookup(url: string, mode: "join" | "fixed"): EndpointLookup {
  const base = split(url).path;
  if (mode === "fixed") {
    const always = endpointOf(base, base);
    return always === undefined ? remembered((path) => endpointOf(path)) : () => always;
  }
  const join = createJoin(base);
  return remembered((path) => endpointOf(join(path), base));
}

/** Paths whose endpoint is remembered at most, and the length of the longest (characters): clients choose them. */
const [MAX_REMEMBERED, LONGEST_REMEMBERED] = [256, 256];

/** Looks up each path once: clients use few, and a lookup takes some microseconds. */
function remembered(lookup: EndpointLookup): EndpointLookup {
  const known = new Map<string, Endpoint | undefined>();
  return (path) => {
    const endpoint = known.get(path);
    if (endpoint !== undefined || known.has(path)) return endpoint;
    const found = lookup(path);
    if (path.length > LONGEST_REMEMBERED) return found;
    if (known.size === MAX_REMEMBERED) known.clear();
    known.set(path, found);
    return found;
  };
}

/** Joins request paths to a base path that does not end in a slash. */
function createJoin(base: string): (path: string) => string {
  const baseEndpoint = endpointNameAtEnd(base);
  const segments = base === "" ? [] : base.slice(1).split("/");
  return (path) => {
    if (baseEndpoint !== undefined && endpointNameAtEnd(path) === baseEndpoint) return base;
    return base + path.slice(overlap(segments, path));
  };
}

function split(url: string): { origin: string; path: string; query: string } {
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname.replace(/\/+$/, ""), query: search.length > 1 ? search : "" };
}

function joinQueries(base: string, request: string): string {
  if (base === "") return request;
  return request.length > 1 ? `${base}&${request.slice(1)}` : base;
}

/** Length of the request path's beginning that the base's last segments already say. */
function overlap(segments: readonly string[], requestPath: string): number {
  for (let from = 0; from < segments.length; from += 1) {
    const run = `/${segments.slice(from).join("/")}`;
    if (
      requestPath.startsWith(run) &&
      (requestPath.length === run.length || requestPath[run.length] === "/")
    ) {
      return run.length;
    }
  }
  return 0;
}

const DOT = /^(?:\.|%2e)(?:\.|%2e)?$/i;

/** Whether a request path, as sent, has a `.` or `..` segment, also written `%2e` or parted by `\`. */
export function hasDotSegment(path: string): boolean {
  if (!path.includes(".") && !path.includes("%2")) return false;
  return path.split(/[/\\]/).some((segment) => DOT.test(segment));
}
