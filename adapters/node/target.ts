import type { IncomingMessage } from "node:http";
import { isHost } from "../shared/http/head.ts";

/** Targets that every URL parser leaves as they are: no dot segment, nothing to encode. */
const PLAIN = /^\/(?:[\w\-~!$&()*+,;=:@%/?]|(?<!\/)\.)*$/;
/** `%2e` is a dot to a URL parser. */
const ENCODED_DOT = /%2e/i;

const MAX_HOSTS = 256;

/** Makes the absolute URL of a request; undefined when it can't have one and has to be refused with 400. */
export type TargetUrl = (request: IncomingMessage) => string | undefined;

/**
 * The URL of requests that come in over `scheme`: absolute targets as they are, others behind the Host field
 * (RFC 9112 §3.3). Known hosts are remembered, so that most requests need no URL parser.
 */
export function createTargetUrl(scheme: "http" | "https"): TargetUrl {
  const origins = new Map<string, string | undefined>();

  function originOf(host: string): string | undefined {
    if (origins.has(host)) return origins.get(host);
    if (origins.size >= MAX_HOSTS) origins.clear();
    const origin = parseOrigin(scheme, host);
    origins.set(host, origin);
    return origin;
  }

  return (request) => {
    const target = request.url ?? "/";
    const host = hostOf(request);
    const origin = host === undefined ? undefined : originOf(host);
    if (origin === undefined) return undefined;
    if (PLAIN.test(target) && !ENCODED_DOT.test(target)) return origin + target;
    if (/^https?:\/\//i.test(target)) return parse(target);
    if (target === "*" && request.method === "OPTIONS") return `${origin}/*`;
    return target.startsWith("/") ? parse(origin + target) : undefined;
  };
}

/**
 * The Host field. More than one, or none in HTTP/1.1, is an error (RFC 9112 §3.2); HTTP/1.0 may do without, and then
 * the name doesn't matter.
 */
function hostOf(request: IncomingMessage): string | undefined {
  const { rawHeaders } = request;
  let host: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length !== 4 || name.toLowerCase() !== "host") continue;
    if (host !== undefined) return undefined;
    host = rawHeaders[i + 1];
  }
  if (host === undefined && request.httpVersionMajor === 1 && request.httpVersionMinor === 0)
    return "localhost";
  return host;
}

function parseOrigin(scheme: string, host: string): string | undefined {
  if (!isHost(host)) return undefined;
  return parse(`${scheme}://${host}`)?.slice(0, -1);
}

function parse(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).href : undefined;
}
