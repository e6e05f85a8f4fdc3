/**
 * Which web pages may read a forward's answers (the Fetch standard's CORS protocol). Hono's middleware is not used:
 * it runs inside the router, so that refusals before it would lack the fields, and it adds to an upstream's own
 * fields where they have to be replaced.
 */

import type { CorsConfig } from "../config/config.ts";
import type { HeaderPair } from "../runtime/runtime.ts";

export interface Cors {
  /** What an answer to a request with this Origin carries. It takes the place of the upstream's own CORS fields. */
  answer(origin: string | null): readonly HeaderPair[];
  /**
   * What the answer to a preflight carries, or undefined where a request is none: a plain OPTIONS is the upstream's.
   * A page that may not ask gets an answer that allows nothing.
   */
  preflight(method: string, headers: Headers): readonly HeaderPair[] | undefined;
}

/** All that may be sent upstream; those that the Fetch standard always allows (GET, HEAD, POST) included. */
const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** Seconds for which a browser need not ask again: the longest that Chromium keeps an answer. */
const MAX_AGE = "7200";

const ANY = "*";

/** Every field: an SDK reads rate limits, request ids and Retry-After. Holds for requests without cookies, as all here. */
const EXPOSED: HeaderPair = ["access-control-expose-headers", ANY];
const BY_ORIGIN: HeaderPair = ["vary", "Origin"];
const BY_PREFLIGHT: HeaderPair = [
  "vary",
  "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
];

/** Cookies are never allowed: keys travel in fields that a page sets itself. */
export function createCors({ origins, headers: allowed }: CorsConfig): Cors {
  const isOpen = origins.includes(ANY);
  const listed = new Set(origins);
  const allowedText = allowed?.join(", ");

  function allowOrigin(origin: string | null): HeaderPair | undefined {
    if (isOpen) return ["access-control-allow-origin", ANY];
    return origin !== null && listed.has(origin) ? ["access-control-allow-origin", origin] : undefined;
  }

  return {
    answer(origin) {
      const allow = allowOrigin(origin);
      // A cache must not give one origin's answer to another; where all origins get the same there is nothing to say.
      const fields = isOpen ? [] : [BY_ORIGIN];
      return allow === undefined ? fields : [...fields, allow, EXPOSED];
    },

    preflight(method, headers) {
      const origin = headers.get("origin");
      const isPreflight =
        method === "OPTIONS" && origin !== null && headers.has("access-control-request-method");
      if (!isPreflight) return undefined;
      const allow = allowOrigin(origin);
      if (allow === undefined) return [BY_PREFLIGHT];
      // Names, not *: that would leave out Authorization.
      const names = allowedText ?? headers.get("access-control-request-headers");
      return [
        BY_PREFLIGHT,
        allow,
        ["access-control-allow-methods", METHODS],
        ...(names === null ? [] : [["access-control-allow-headers", names] as const]),
        ["access-control-max-age", MAX_AGE],
      ];
    },
  };
}

/** Whether a field of an upstream's answer is one of the CORS protocol. */
export function isCorsField([name]: HeaderPair): boolean {
  return name.startsWith("access-control-");
}
