/** What is looked at in a request before it is routed. */

import { type Failure, toResponse } from "../base/errors.ts";
import { hasDotSegment } from "../message/url.ts";
import type { Refusal } from "../runtime/runtime.ts";

/** Longest path and query together (bytes). */
export const MAX_URI = 16 * 1024;

/** Largest request head (bytes). */
export const MAX_HEAD = 64 * 1024;

/** Methods that `fetch` can't send (the Fetch standard's forbidden methods). */
const UNSENDABLE: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/**
 * Path and query of an absolute URL or of a path, as they stand; the query is empty or begins with `?`. A fragment has
 * no place in a request (RFC 9112 §3.2): some runtimes leave one in, which would swallow an upstream's own query.
 */
export function splitUrl(whole: string): { readonly path: string; readonly query: string } {
  const hash = whole.indexOf("#");
  const url = hash < 0 ? whole : whole.slice(0, hash);
  const authority = url.startsWith("/") ? -1 : url.indexOf("://");
  const start = authority < 0 ? 0 : url.indexOf("/", authority + 3);
  if (start < 0) return { path: "/", query: "" };
  const mark = url.indexOf("?", start);
  if (mark < 0) return { path: url.slice(start), query: "" };
  return { path: url.slice(start, mark), query: url.slice(mark) };
}

/**
 * Why a request isn't taken, or undefined.
 *
 * @param target the request target as sent, where the runtime shows it
 * @param uriLength length of path and query
 */
export function refusalOf(
  request: Request,
  target: string | undefined,
  uriLength: number,
): Failure | undefined {
  if (uriLength > MAX_URI) return { kind: "uri_too_long", limit: MAX_URI };
  const path = target === undefined ? undefined : splitUrl(target).path;
  if (path !== undefined && hasDotSegment(path)) {
    return { kind: "bad_request", reason: "The path has a . or .. segment." };
  }
  if (UNSENDABLE.has(request.method))
    return { kind: "not_implemented", feature: `the method ${request.method}` };
  return undefined;
}

/** The answer for a request that the runtime's parser refused. */
export function refuse(refusal: Refusal): Response {
  return toResponse(refusalFailure(refusal));
}

function refusalFailure(refusal: Refusal): Failure {
  switch (refusal) {
    case "bad_request":
      return { kind: "bad_request", reason: "The request is not valid HTTP." };
    case "headers_too_large":
      return { kind: "headers_too_large", limit: MAX_HEAD };
    case "request_timeout":
      return { kind: "request_timeout" };
  }
}
