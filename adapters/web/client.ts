import { ConfigError } from "../../src/program/library.ts";
import {
  type ClientOptions,
  type FetchInit,
  type HeaderPair,
  TransportError,
  type UpstreamFetch,
} from "../../src/runtime/runtime.ts";
import { toTransportError } from "./errors.ts";

/** What sends a request, as the standard's `fetch` does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The content codings that a `fetch` undoes unasked. */
const DECODED: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "br"]);

/**
 * A client over a `fetch` of which nothing but the standard is known.
 *
 * @throws {ConfigError} for a proxy or roots of its own, which `fetch` can't be told: to go on without them would send traffic
 *   another way than the config says
 */
export function createClient({ proxy, ca }: ClientOptions, fetch: Fetch): UpstreamFetch {
  if (proxy !== undefined)
    throw new ConfigError(`http_client.proxy (${proxy.url}) can't be used: fetch has no setting for it`);
  if (ca !== undefined) throw new ConfigError("upstreams.tls.ca can't be used: fetch has no setting for it");
  return {
    async fetch(url, init) {
      const response = await send(fetch, url, init);
      const problem = problemOf(response);
      if (problem === undefined) return decoded(response);
      // A body that fails while it is discarded is over as well.
      await response.body?.cancel().catch(() => undefined);
      throw new TransportError("bad_response", false, problem);
    },
    close() {},
  };
}

async function send(
  fetch: Fetch,
  url: string,
  { method, headers, body, signal }: FetchInit,
): Promise<Response> {
  const init: RequestInit & { readonly duplex?: "half" } = {
    method,
    headers: unencoded(headers),
    body,
    signal,
    redirect: "manual",
    ...(body instanceof ReadableStream && { duplex: "half" }),
  };
  try {
    return await fetch(url, init);
  } catch (error) {
    throw toTransportError(error);
  }
}

/** Asks for answers as they are: an encoded one would be decoded on its way. */
function unencoded(headers: readonly HeaderPair[]): [string, string][] {
  const kept = headers
    .filter(([name]) => name !== "accept-encoding")
    .map(([name, value]): [string, string] => [name, value]);
  return [...kept, ["accept-encoding", "identity"]];
}

/** Why an answer can't be passed on. */
function problemOf(response: Response): string | undefined {
  const { status } = response;
  // 0 is a redirect that the platform hides.
  if (status < 200 || status > 599) return `status ${status}`;
  const coding = codingOf(response);
  return coding === undefined || DECODED.has(coding)
    ? undefined
    : `content-encoding ${coding}, not asked for`;
}

/** An answer that the runtime has decoded: its coding and length no longer describe its bytes. */
function decoded(response: Response): Response {
  if (codingOf(response) === undefined) return response;
  const { body, status, statusText } = response;
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  return new Response(body, { status, statusText, headers });
}

function codingOf({ headers }: Response): string | undefined {
  const coding = headers.get("content-encoding")?.trim().toLowerCase();
  return coding === "identity" ? undefined : coding;
}
