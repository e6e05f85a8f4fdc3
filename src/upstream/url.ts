/**
 * Where a request goes: the client's path and query joined to an upstream's URL. Works on text, so that nothing is
 * re-encoded; the host always comes from the config.
 */

import { endpointOf } from "../llm/endpoints.ts";

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
  const { origin, path, query: baseQuery } = split(url);
  const baseEndpoint = endpointOf(path);
  const segments = path === "" ? [] : path.slice(1).split("/");
  return (requestPath, requestQuery) => {
    const query = joinQueries(baseQuery, requestQuery);
    if (baseEndpoint !== undefined && endpointOf(requestPath) === baseEndpoint) return origin + path + query;
    return origin + path + requestPath.slice(overlap(segments, requestPath)) + query;
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
